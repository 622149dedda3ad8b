using System.CommandLine;
using System.Globalization;
using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Admin;

/// <summary><c>tracker admin verify</c>, <c>vacuum</c>, <c>doctor</c>.</summary>
internal static class CareCommands
{
    public static Command CreateVerify()
    {
        var data = AdminCommand.DataOption();
        var command = new Command("verify", "Read and decode every stored batch and chunk, and compare counts; exits with 2 when something is wrong.") { data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), database => VerifyAsync(database.Source, Console.Out, cancel), cancel));
        return command;
    }

    public static Command CreateVacuum()
    {
        var data = AdminCommand.DataOption();
        var command = new Command("vacuum", "Vacuum and analyze all tables while the server runs.") { data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            await using var before = database.Source.CreateCommand("select pg_database_size(current_database())");
            var was = (long)(await before.ExecuteScalarAsync(cancel))!;
            await using var vacuum = database.Source.CreateCommand("vacuum (analyze)");
            vacuum.CommandTimeout = 0;
            await vacuum.ExecuteNonQueryAsync(cancel);
            var now = (long)(await before.ExecuteScalarAsync(cancel))!;
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{was:N0} bytes before, {now:N0} after"));
            return 0;
        }, cancel));
        return command;
    }

    public static Command CreateDoctor()
    {
        var data = AdminCommand.DataOption();
        var command = new Command("doctor", "Check a server's settings against what Tracker needs; exits with 2 when something is wrong.") { data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var findings = await Doctor.LookAsync(database.Source, TimeProvider.System, cancel);
            foreach (var finding in findings) Console.Out.WriteLine($"{(finding.Level switch { FindingLevel.Fine => "ok  ", FindingLevel.Slow => "slow", _ => "BAD " })}  {finding.What,-34}  {finding.Says}");
            return findings.Any(finding => finding.Level == FindingLevel.Bad) ? 2 : 0;
        }, cancel));
        return command;
    }

    /// <summary>Decodes everything once. Rows are read in pages of a snapshot each, so that a live server goes on.</summary>
    internal static async Task<int> VerifyAsync(NpgsqlDataSource source, TextWriter output, CancellationToken cancel)
    {
        var (batches, chunks, points, wrong) = (0L, 0L, 0L, 0);
        await foreach (var (run, place, data, count, _) in RowsAsync(source, "select run_key, sequence, 0, data, points, 0::smallint from journal where (run_key, sequence) > ($1, $2) and $3 is not null order by run_key, sequence limit 500", cancel))
        {
            batches++;
            Try($"run {run} batch {place}", count, () => JournalCodec.Decode(data).PointCount);
        }

        await foreach (var (run, place, data, count, kind) in RowsAsync(source, "select run_key, series_id::bigint, number, data, points, kind from chunks where (run_key, series_id, number) > ($1, $2, $3) order by run_key, series_id, number limit 500", cancel))
        {
            chunks++;
            points += count;
            Try($"run {run} series {place}", count, () => kind == SeriesKind.Scalar ? ScalarChunkCodec.Decode(data).Count : HistogramChunkCodec.Decode(data).Count);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{batches:N0} batches, {chunks:N0} chunks with {points:N0} points: {(wrong == 0 ? "all can be read" : $"{wrong:N0} are wrong")}"));
        return wrong == 0 ? 0 : 2;

        void Try(string what, int count, Func<int> decode)
        {
            string fault;
            try
            {
                var found = decode();
                if (found == count) return;
                fault = $"{found} points, {count} expected";
            }
            catch (Exception error) when (error is SeriesFormatException or ArgumentException or OverflowException)
            {
                fault = error.Message;
            }

            wrong++;
            output.WriteLine($"{what}: {fault}");
        }
    }

    private static async IAsyncEnumerable<(long Run, long Place, byte[] Data, int Points, SeriesKind Kind)> RowsAsync(NpgsqlDataSource source, string sql, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (run, place, number) = (0L, 0L, 0);
        while (true)
        {
            await using var command = source.CreateCommand(sql);
            command.Parameters.AddWithValue(run);
            command.Parameters.AddWithValue(place);
            command.Parameters.AddWithValue(number);
            var rows = new List<(long, long, byte[], int, SeriesKind)>();
            await using (var reader = await command.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                {
                    (run, place, number) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2));
                    rows.Add((run, place, reader.GetFieldValue<byte[]>(3), reader.GetInt32(4), (SeriesKind)reader.GetInt16(5)));
                }
            }

            if (rows.Count == 0) yield break;
            foreach (var row in rows) yield return row;
        }
    }
}
