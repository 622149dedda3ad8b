using System.Globalization;
using System.Text.Json;
using FsCheck.Fluent;
using Npgsql;
using NpgsqlTypes;
using Shouldly;
using Tracker.Core.Series;
using Tracker.Core.Tests.Series;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class SqlAccessTests(PostgresFixture postgres)
{
    private const int Samples = 150;

    [Fact]
    public async Task Journal_records_are_decoded_in_SQL_as_the_server_decodes_them()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        foreach (var batch in Gen.Sample(Batches.Batch, Samples))
        {
            var data = JournalCodec.Encode(batch);
            foreach (var column in batch.Scalars.Append(new ScalarColumn("", [], [], []) { SeriesId = 100_500 }))
            {
                var rows = await ReadAsync(database, "select step, ms, value from tracker_scalar_batch($1, $2)", data, column.SeriesId);
                rows.ShouldBe([.. Enumerable.Range(0, column.Count).Select(i => Row(column.Steps[i], column.Times[i], column.Values[i]))]);
            }

            foreach (var id in batch.Histograms.Select(histogram => histogram.SeriesId).Distinct())
            {
                var rows = await ReadAsync(database, "select step, ms, edges, counts from tracker_histogram_batch($1, $2)", data, id);
                rows.ShouldBe([.. JournalCodec.DecodeHistograms(data, id).Select(Row)]);
            }
        }
    }

    [Fact]
    public async Task Chunks_are_decoded_in_SQL_as_the_server_decodes_them()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        foreach (var (column, size) in Gen.Sample(Batches.Column(300).Zip(Gen.Choose(1, 40)), Samples).Where(sample => sample.Item1.Count > 0))
        {
            var batches = Enumerable.Range(0, (column.Count + size - 1) / size).Select(i => new BatchRun(7 + (i * 3L), i % 2, Math.Min(size, column.Count - (i * size)))).ToArray();
            var data = ScalarChunkCodec.Encode(new ScalarChunk(column.Steps, column.Times, column.Values, batches));
            var rows = await ReadAsync(database, "select step, ms, value, sequence from tracker_scalar_chunk($1)", data);
            rows.ShouldBe([.. Enumerable.Range(0, column.Count).Select(i => Row(column.Steps[i], column.Times[i], column.Values[i]) + " " + (7 + (i / size * 3)).ToString(CultureInfo.InvariantCulture))]);
        }

        foreach (var histograms in Gen.Sample(Batches.Histogram.NonEmptyListOf(), 40))
        {
            // Every other one has the edges of the one before.
            var points = histograms.SelectMany(one => new[] { one, one }).ToList();
            var data = HistogramChunkCodec.Encode(new HistogramChunk(points, [new BatchRun(3, 0, points.Count)]));
            var rows = await ReadAsync(database, "select step, ms, edges, counts from tracker_histogram_chunk($1)", data);
            rows.ShouldBe([.. HistogramChunkCodec.Decode(data).Points.Select(Row)]);
        }
    }

    [Fact]
    public async Task Bytes_of_another_version_kind_flag_or_length_are_refused()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        var chunk = ScalarChunkCodec.Encode(new ScalarChunk([1, 2], [1, 2], [0.5, 1.5], [new BatchRun(1, 0, 2)]));
        var record = JournalCodec.Encode(new LogBatch { Scalars = { new ScalarColumn("", [1], [1], [1]) { SeriesId = 0 } } });
        (string Sql, byte[] Data, string Reason)[] cases =
        [
            ("select * from tracker_scalar_chunk($1)", [2, .. chunk[1..]], "format version 2"),
            ("select * from tracker_scalar_chunk($1)", [1, 2, .. chunk[2..]], "kind 2"),
            ("select * from tracker_scalar_chunk($1)", [1, 1, 8, .. chunk[3..]], "unknown flags 8"),
            ("select * from tracker_scalar_chunk($1)", [.. chunk, 0], "does not end"),
            ("select * from tracker_scalar_batch($1, 0)", [2, .. record[1..]], "format version 2"),
            ("select * from tracker_scalar_batch($1, 0)", [1, 9, .. record[2..]], "unknown flags 9"),
            ("select * from tracker_histogram_batch($1, 0)", [7, .. record[1..]], "format version 7"),
        ];
        foreach (var (sql, data, reason) in cases) (await Should.ThrowAsync<PostgresException>(() => ReadAsync(database, sql, data))).MessageText.ShouldContain(reason);
    }

    [Fact]
    public async Task Points_in_SQL_are_those_of_the_export_from_chunks_and_tail()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync(config: """{"lr":0.1}""");
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        for (var n = 1; n <= 30; n++)
        {
            var values = string.Join(',', Enumerable.Range(0, 100).Select(i => i % 17 == 0 ? "\"NaN\"" : i % 23 == 0 ? "\"-Infinity\"" : FormattableString.Invariant($"{n * 100 + i}{(n % 2 == 0 ? ".5" : ".1")}")));
            var steps = string.Join(',', Enumerable.Range(0, 100).Select(i => (n * 100) + i - (n % 9 == 0 ? 50 : 0)));
            var times = string.Join(',', Enumerable.Range(0, 100).Select(i => 1_795_341_600_000 + (n * 10_000) + (i * 100) + (i * 7 % 5)));
            await (await server.Client.LogAsync(run, $$"""
                {"writer":"w","batch":{{n}},"series":[{"name":"other","steps":[{{n}}],"values":[1]},{"name":"loss","steps":[{{steps}}],"values":[{{values}}],"times":[{{times}}]}],
                 "histograms":[{"name":"h","step":{{n}},"edges":[0,0.5,3],"counts":[{{n}},0.5]}]}
                """)).JsonAsync();
        }

        await using var chunks = database.CreateCommand("select count(*) from chunks");
        await TrackerApi.UntilAsync(async () => (long)(await chunks.ExecuteScalarAsync())!, count => count > 0, "something is compacted");
        for (var round = 0; round < 2; round++)
        {
            var export = await server.Client.GetStringAsync(new Uri($"/api/v1/runs/{run}/points?name=loss&format=csv", UriKind.Relative));
            var expected = export.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).ToArray();
            expected.Length.ShouldBe(3_000);
            await using var command = database.CreateCommand("""select step || ',' || (extract(epoch from "time") * 1000)::bigint || ',' || value from tracker_points($1, 'loss')""");
            command.Parameters.AddWithValue(run);
            await using var reader = await command.ExecuteReaderAsync();
            var rows = new List<string>();
            while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
            rows.ShouldBe(expected);
            (await ReadAsync(database, "select step, counts from tracker_histograms($1, 'h')", run)).Count.ShouldBe(30);
            if (round == 0) await (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
            await using var tail = database.CreateCommand("select count(*) from run_heads where unsettled");
            if (round == 0) await TrackerApi.UntilAsync(async () => (long)(await tail.ExecuteScalarAsync())!, count => count == 0, "all is compacted");
        }

        (await ReadAsync(database, "select config ->> 'lr', state, metrics -> 'loss' ->> 'last', last_step from tracker_runs where id = $1", run)).Single().ShouldBe("0.1 finished 3099.5 3099");
        (await ReadAsync(database, "select * from tracker_points($1, 'no such series')", run)).ShouldBeEmpty();
        (await Should.ThrowAsync<PostgresException>(() => ReadAsync(database, "select * from tracker_points($1, 'h')", run))).MessageText.ShouldContain("use tracker_histograms");
    }

    [Fact]
    public async Task A_role_with_the_grants_of_the_docs_can_read_and_cannot_write()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"points":[{"step":0,"values":{"loss":1}}]}""")).JsonAsync();
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "sql.md"));
        var grants = page.Split("```sql grants\n")[1].Split("```")[0].Replace("grafana", "reader_" + Guid.NewGuid().ToString("n"), StringComparison.Ordinal);
        var role = grants.Split("create role ")[1].Split(' ')[0];
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        try
        {
            await ExecuteAsync(connection, grants.Replace("login password 'choose one'", "", StringComparison.Ordinal));
            await ExecuteAsync(connection, $"set role {role}");
            await using (var read = new NpgsqlCommand($"select count(*) from tracker_runs r cross join lateral tracker_points(r.id, 'loss')", connection)) (await read.ExecuteScalarAsync()).ShouldBe(1L);
            await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(connection, "delete from runs"));
        }
        finally
        {
            await ExecuteAsync(connection, $"reset role; drop owned by {role}; drop role {role}");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> ReadAsync(NpgsqlDataSource database, string sql, params object[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(value is byte[] bytes ? new NpgsqlParameter { Value = bytes, NpgsqlDbType = NpgsqlDbType.Bytea } : new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => Text(reader.GetValue(i)))));
        return rows;
    }

    private static string Row(long step, long time, double value) => $"{Text(step)} {Text(time)} {Text(value)}";

    private static string Row(HistogramPoint point) => $"{Text(point.Step)} {Text(point.Time)} {Text(point.Edges)} {Text(point.Counts)}";

    /// <summary>Bit for bit, but for the payload of NaN.</summary>
    private static string Text(object value) => value switch
    {
        double.NaN => "NaN",
        double number => BitConverter.DoubleToInt64Bits(number).ToString("x", CultureInfo.InvariantCulture),
        double[] numbers => string.Join(',', numbers.Select(number => Text(number))),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
