using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class TrashTests(PostgresFixture postgres)
{
    private static Uri Path(string path) => new("/api/v1" + path, UriKind.Relative);

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        return answer.StatusCode;
    }

    private static async Task<string> IdsAsync(TrackerServer server, string query) =>
        string.Join(' ', (await server.Client.JsonAsync("/api/v1/runs?" + query)).GetProperty("items").EnumerateArray().Select(run => run.GetProperty("id").GetString()).Order(StringComparer.Ordinal));

    private static async Task RunAsync(TrackerServer server, string id, string project = "p")
    {
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"{{project}}","config":{"lr":1},"id":"{{id}}"}""")).JsonAsync();
        await (await server.Client.LogAsync(id, """{"writer":"w","batch":1,"points":[{"step":0,"values":{"loss":1}}]}""")).JsonAsync();
    }

    [Fact]
    public async Task A_deleted_run_lies_in_the_trash_and_comes_back_whole()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await RunAsync(server, "a");
        await RunAsync(server, "b");
        (await StatusAsync(server.Client.DeleteAsync(Path("/runs/a")))).ShouldBe(HttpStatusCode.NoContent);

        (await IdsAsync(server, "project=p")).ShouldBe("b");
        (await IdsAsync(server, "project=p&deleted=only")).ShouldBe("a");
        var trashed = (await server.Client.JsonAsync("/api/v1/runs?deleted=only")).GetProperty("items")[0];
        (trashed.GetProperty("purgeAt").GetDateTimeOffset() - trashed.GetProperty("deletedAt").GetDateTimeOffset()).ShouldBe(TimeSpan.FromDays(7));
        foreach (var call in new[] { "log", "heartbeat", "finish", "stop" }) (await StatusAsync(server.Client.PostAsync($"/api/v1/runs/a/{call}", "{}"))).ShouldBe(HttpStatusCode.Gone, call);
        (await StatusAsync(server.Client.PatchAsync(Path("/runs/a"), new StringContent("""{"name":"x"}""", System.Text.Encoding.UTF8, "application/json")))).ShouldBe(HttpStatusCode.Gone);
        (await StatusAsync(server.Client.DeleteAsync(Path("/runs/a")))).ShouldBe(HttpStatusCode.Gone);
        (await StatusAsync(server.Client.PostAsync("/api/v1/runs", """{"project":"p","id":"a","resume":"allow"}"""))).ShouldBe(HttpStatusCode.Gone);

        (await (await server.Client.PostAsync("/api/v1/runs/a/restore", "")).JsonAsync()).GetProperty("deletedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        (await IdsAsync(server, "project=p")).ShouldBe("a b");
        await (await server.Client.LogAsync("a", """{"writer":"w","batch":2,"points":[{"step":1,"values":{"loss":2}}]}""")).JsonAsync();
        (await server.Client.PointsAsync("a", "loss")).ShouldBe(["0,1", "1,2"]);
        (await StatusAsync(server.Client.PostAsync("/api/v1/runs/none/restore", ""))).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_trash_is_emptied_after_seven_days()
    {
        var clock = new ShiftedClock();
        await using var server = await TrackerServer.StartAsync(postgres, clock.Use);
        await RunAsync(server, "old");
        (await StatusAsync(server.Client.DeleteAsync(Path("/runs/old")))).ShouldBe(HttpStatusCode.NoContent);
        clock.Shift = TimeSpan.FromDays(6.9);
        await RunAsync(server, "young");
        (await StatusAsync(server.Client.DeleteAsync(Path("/runs/young")))).ShouldBe(HttpStatusCode.NoContent);
        (await IdsAsync(server, "deleted=only")).ShouldBe("old young");
        clock.Shift = TimeSpan.FromDays(7.1);
        await TrackerApi.UntilAsync(() => IdsAsync(server, "deleted=only"), ids => ids == "young", "the older run is removed");
        (await StatusAsync(server.Client.PostAsync("/api/v1/runs/old/restore", ""))).ShouldBe(HttpStatusCode.Gone);
        (await StatusAsync(server.Client.PostAsync("/api/v1/runs/young/restore", ""))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_project_is_deleted_and_brought_back_with_its_runs()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await RunAsync(server, "a", "one");
        await RunAsync(server, "b", "one");
        await RunAsync(server, "gone-before", "one");
        await RunAsync(server, "other", "two");
        (await StatusAsync(server.Client.DeleteAsync(Path("/runs/gone-before")))).ShouldBe(HttpStatusCode.NoContent);
        (await StatusAsync(server.Client.DeleteAsync(Path("/projects/one")))).ShouldBe(HttpStatusCode.NoContent);
        (await server.Client.JsonAsync("/api/v1/projects")).GetProperty("items").EnumerateArray().Select(project => project.GetProperty("name").GetString()).ShouldBe(["two"]);
        (await IdsAsync(server, "")).ShouldBe("other");

        (await (await server.Client.PostAsync("/api/v1/projects/one/restore", "")).JsonAsync()).GetProperty("runs").GetInt32().ShouldBe(2);
        (await IdsAsync(server, "project=one")).ShouldBe("a b");
        (await server.Client.JsonAsync("/api/v1/projects")).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await StatusAsync(server.Client.DeleteAsync(Path("/projects/none")))).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Deleting_gives_the_space_back()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        async Task<long> SizeAsync(string of)
        {
            await using var command = database.CreateCommand(of == "chunks" ? "select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint from pg_inherits where inhparent = 'chunks'::regclass" : $"select pg_total_relation_size('{of}')");
            return (long)(await command.ExecuteScalarAsync())!;
        }

        async Task RemovedAsync(string run)
        {
            await using var command = database.CreateCommand("select count(*) from runs where purged_at is not null and id = $1");
            command.Parameters.AddWithValue(run);
            await TrackerApi.UntilAsync(async () => (long)(await command.ExecuteScalarAsync())!, count => count == 1, "the rows are removed");
        }

        var random = new Random(1);
        foreach (var run in new[] { "a", "b", "c" })
        {
            await RunAsync(server, run);
            var values = string.Join(',', Enumerable.Range(0, 250_000).Select(_ => random.NextDouble().ToString("R", CultureInfo.InvariantCulture)));
            await (await server.Client.LogAsync(run, $$"""{"writer":"w","batch":2,"series":[{"name":"big","steps":[{{string.Join(',', Enumerable.Range(0, 250_000))}}],"values":[{{values}}]}]}""")).JsonAsync();
            await (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        }

        await using var unsettled = database.CreateCommand("select count(*) from run_heads where unsettled");
        await TrackerApi.UntilAsync(async () => (long)(await unsettled.ExecuteScalarAsync())!, count => count == 0, "all is compacted");
        var full = await SizeAsync("chunks");
        full.ShouldBeGreaterThan(6_000_000);
        var points = await server.Client.PointsAsync("c", "big");
        points.Count.ShouldBe(250_000);

        foreach (var run in new[] { "a", "b" }) (await StatusAsync(server.Client.DeleteAsync(Path($"/runs/{run}?permanently=true")))).ShouldBe(HttpStatusCode.NoContent);
        await RemovedAsync("a");
        await RemovedAsync("b");
        await TrackerApi.UntilAsync(() => SizeAsync("chunks"), size => size < full * 0.45, "the partition is rewritten");
        (await server.Client.PointsAsync("c", "big")).ShouldBe(points);

        // From the trash to the void.
        (await StatusAsync(server.Client.DeleteAsync(Path("/projects/p")))).ShouldBe(HttpStatusCode.NoContent);
        (await SizeAsync("chunks")).ShouldBeGreaterThan(full / 5);
        (await StatusAsync(server.Client.DeleteAsync(Path("/projects/p?permanently=true")))).ShouldBe(HttpStatusCode.NoContent);
        await RemovedAsync("c");
        await TrackerApi.UntilAsync(() => SizeAsync("chunks"), size => size < 100_000, "the partition is emptied");
        await TrackerApi.UntilAsync(() => SizeAsync("journal"), size => size < 200_000, "the journal is cut");

        await RunAsync(server, "new");
        (await server.Client.PointsAsync("new", "loss")).ShouldBe(["0,1"]);
        await (await server.Client.PostAsync("/api/v1/runs/new/finish", "{}")).JsonAsync();
        await TrackerApi.UntilAsync(async () => (long)(await unsettled.ExecuteScalarAsync())!, count => count == 0, "all is compacted");
        (await server.Client.PointsAsync("new", "loss")).ShouldBe(["0,1"]);
    }
}
