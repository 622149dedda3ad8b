using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using Shouldly;
using Tracker.Api.Storage;
using Tracker.Core.Series;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class AppendTests(PostgresFixture postgres)
{
    private sealed record Given(long Run, string Writer, long? Number, byte[]? Hash);

    private sealed record Answer(short Outcome, long AcceptedThrough, long? Sequence, int? Writer, string? Stop);

    [Fact]
    public async Task A_group_is_answered_and_stored_as_its_batches_would_be_one_by_one()
    {
        await using var server = await TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        var (grouped, single) = (await MakeRunsAsync(server, database), await MakeRunsAsync(server, database));
        var random = new Random(3);
        for (var round = 0; round < 150; round++)
        {
            var shapes = Enumerable.Range(0, random.Next(1, 24)).Select(_ => (Run: random.Next(grouped.Length), Writer: random.Next(3),
                Number: random.Next(12) == 0 ? (long?)null : random.Next(3) == 0 ? 1 : random.Next(1, 3 + (round / 8)), Hash: random.Next(5) == 0)).ToList();
            List<Given> Of(long[] runs) => shapes.ConvertAll(shape => new Given(runs[shape.Run], $"w{shape.Writer}", shape.Number, shape.Number == 1 ? [shape.Hash ? (byte)1 : (byte)2] : null));
            var together = await AppendAsync(database, Of(grouped));
            var apart = new List<Answer>();
            foreach (var one in Of(single)) apart.AddRange(await AppendAsync(database, [one]));
            together.ShouldBe(apart, $"round {round}");
        }

        (await RowsAsync(database, grouped)).ShouldBe(await RowsAsync(database, single));
    }

    [Fact]
    public async Task A_batch_that_the_database_refuses_hurts_only_itself()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var journal = server.Services.GetRequiredService<JournalWriter>();
        var catalog = server.Services.GetRequiredService<RunCatalog>();
        var keys = new List<long>();
        for (var i = 0; i < 3; i++) keys.Add((await catalog.FindAsync(await server.Client.CreateRunAsync(), CancellationToken.None))!.RunKey);
        for (var round = 1; round <= 20; round++)
        {
            // Handed over at once, so that they come in groups; U+0000 is a character that no text of PostgreSQL can hold.
            var good = keys.SelectMany(key => Enumerable.Range(0, 4).Select(writer => journal.AppendAsync(key, $"w{writer}", round, [1], Note()))).ToList();
            var bad = journal.AppendAsync(keys[round % 3], "w\0", 1, null, Note());
            good.AddRange(keys.Select(key => journal.AppendAsync(key, null, null, null, Note())));
            (await bad).Outcome.ShouldBe(AppendOutcome.Refused);
            (await Task.WhenAll(good)).ShouldAllBe(result => result.Outcome == AppendOutcome.Stored);
        }

        static LogBatch Note() => new() { Events = [new RunEvent { Kind = "note" }] };
    }

    [Fact]
    public async Task When_the_database_falls_behind_clients_are_told_to_come_again_and_nothing_is_lost_or_doubled()
    {
        const int Writers = 8;
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Ingest:WaitingMegabytes", "1"));
        var run = await server.Client.CreateRunAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var connection = await database.OpenConnectionAsync();
        var text = new string('x', 300_000);
        Task<HttpResponseMessage> SendAsync(int writer) => server.Client.LogAsync(run,
            $$$"""{"writer":"w{{{writer}}}","batch":1,"points":[{"step":{{{writer}}},"values":{"a":1}}],"events":[{"kind":"note","data":{"text":"{{{text}}}"}}]}""");

        // The series has its number already, and somebody holds the run's head: no append comes through.
        await (await server.Client.LogAsync(run, """{"points":[{"step":100,"values":{"a":1}}]}""")).JsonAsync();
        List<Task<HttpResponseMessage>> sent;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using (var hold = new NpgsqlCommand("select 1 from run_heads for update", connection, transaction)) await hold.ExecuteNonQueryAsync();
            sent = [.. Enumerable.Range(0, Writers).Select(SendAsync)];
            var refused = await await Task.WhenAny(sent);
            refused.StatusCode.ShouldBe(System.Net.HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter.ShouldNotBeNull();
            await transaction.RollbackAsync();
        }

        var answers = await Task.WhenAll(sent);
        answers.ShouldContain(answer => answer.IsSuccessStatusCode);
        for (var writer = 0; writer < Writers; writer++) await (await SendAsync(writer)).JsonAsync();
        (await server.Client.PointsAsync(run, "a")).Order().ShouldBe(Enumerable.Range(0, Writers).Append(100).Select(step => $"{step},1").Order());
    }

    /// <summary>Three runs that live, one of them asked to stop, one that is deleted, and one that never was.</summary>
    private static async Task<long[]> MakeRunsAsync(TrackerServer server, NpgsqlDataSource database)
    {
        var keys = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            var run = await server.Client.CreateRunAsync();
            keys.Add((await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!.RunKey);
        }

        await using var change = database.CreateCommand("update run_heads set deleted = run_key = $1, stop_reason = case when run_key = $2 then 'enough' end where run_key in ($1, $2)");
        change.Parameters.AddWithValue(keys[3]);
        change.Parameters.AddWithValue(keys[1]);
        await change.ExecuteNonQueryAsync();
        return [.. keys, 1_000_000 + keys[0]];
    }

    private static async Task<List<Answer>> AppendAsync(NpgsqlDataSource database, List<Given> group)
    {
        await using var command = database.CreateCommand("select outcome, accepted_through, sequence, writer, stop_reason from tracker_append($1, $2, $3, $4, $5, $6)");
        command.Parameters.AddWithValue(group.Select(given => given.Run).ToArray());
        command.Parameters.AddWithValue(group.Select(given => given.Writer).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bigint, group.Select(given => given.Number).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bytea, group.Select(given => given.Hash).ToArray());
        command.Parameters.AddWithValue(group.Select(_ => 1).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bytea, group.Select(given => new[] { (byte)(given.Number ?? 0) }).ToArray());
        await using var reader = await command.ExecuteReaderAsync();
        var answers = new List<Answer>();
        while (await reader.ReadAsync())
        {
            answers.Add(new Answer(reader.GetInt16(0), reader.GetInt64(1), await reader.IsDBNullAsync(2) ? null : reader.GetInt64(2),
                await reader.IsDBNullAsync(3) ? null : reader.GetInt32(3), await reader.IsDBNullAsync(4) ? null : reader.GetString(4)));
        }

        return answers;
    }

    /// <summary>Journal, writers and heads, with the runs by their place instead of their keys.</summary>
    private static async Task<List<string>> RowsAsync(NpgsqlDataSource database, long[] runs)
    {
        await using var command = database.CreateCommand("""
            select array_position($1, run_key) || ' ' || sequence || ' ' || writer || ' ' || points || ' ' || encode(data, 'hex') from journal where run_key = any ($1) and sequence > 1
            union all select 'w ' || array_position($1, run_key) || ' ' || writer || ' ' || number || ' ' || last_batch || ' ' || coalesce(encode(first_hash, 'hex'), '-') from writers where run_key = any ($1)
            union all select 'h ' || array_position($1, run_key) || ' ' || sequence || ' ' || unsettled from run_heads where run_key = any ($1)
            order by 1
            """);
        command.Parameters.AddWithValue(runs);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        rows.Count.ShouldBeGreaterThan(20);
        return rows;
    }
}
