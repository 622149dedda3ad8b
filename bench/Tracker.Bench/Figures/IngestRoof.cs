using System.Diagnostics;
using Npgsql;
using Tracker.Bench.Server;

namespace Tracker.Bench.Figures;

/// <summary>
/// What this PostgreSQL takes on this disk at this moment: 14 bytes a point as rows of bytes, 1,000 points a row, 4 connections,
/// one row a commit.
/// </summary>
internal static class IngestRoof
{
    private const int Connections = 4;
    private const int PointsPerRow = 1_000;
    private const int BytesPerPoint = 14;

    /// <returns>Points a second.</returns>
    public static async Task<double> MeasureAsync(BenchServer server, TimeSpan duration, CancellationToken cancel)
    {
        await ExecuteAsync(server.Database, "create database roof", cancel);
        long rows;
        double seconds;
        await using (var database = server.Connect("roof"))
        {
            await ExecuteAsync(database, "create table rows (writer integer, number bigint, data bytea, primary key (writer, number))", cancel);
            var clock = Stopwatch.StartNew();
            var written = await Task.WhenAll(Enumerable.Range(0, Connections).Select(writer => Task.Run(() => WriteAsync(database, writer, duration, cancel), cancel)));
            (rows, seconds) = (written.Sum(), clock.Elapsed.TotalSeconds);
        }

        await ExecuteAsync(server.Database, "drop database roof", cancel);
        return rows * PointsPerRow / seconds;
    }

    private static async Task<long> WriteAsync(NpgsqlDataSource database, int writer, TimeSpan duration, CancellationToken cancel)
    {
        var data = new byte[PointsPerRow * BytesPerPoint];
        new Random(writer).NextBytes(data);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand("insert into rows (writer, number, data) values ($1, $2, $3)", connection);
        var number = new NpgsqlParameter<long>();
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = writer });
        command.Parameters.Add(number);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = data });
        await command.PrepareAsync(cancel);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            number.TypedValue++;
            await command.ExecuteNonQueryAsync(cancel);
        }

        return number.TypedValue;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
