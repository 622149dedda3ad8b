using System.Net;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class RunListTests(PostgresFixture postgres)
{
    private const string Project = "sweep";

    private static async Task<JsonElement> ListAsync(TrackerServer server, params string[] query) =>
        await server.Client.JsonAsync($"/api/v1/runs?project={Project}&" + string.Join('&', query.Select(one => one[..(one.IndexOf('=', StringComparison.Ordinal) + 1)] + Uri.EscapeDataString(one[(one.IndexOf('=', StringComparison.Ordinal) + 1)..]))));

    private static async Task<string> NamesAsync(TrackerServer server, params string[] query) =>
        string.Join(' ', (await ListAsync(server, query)).GetProperty("items").EnumerateArray().Select(run => run.GetProperty("id").GetString()));

    private static async Task RunAsync(TrackerServer server, string id, string more, string? metrics = null)
    {
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"{{Project}}","id":"{{id}}"{{more}}}""")).JsonAsync();
        if (metrics is not null) await (await server.Client.LogAsync(id, $$"""{"points":[{{metrics}}]}""")).JsonAsync();
    }

    private static async Task<TrackerServer> StartAsync(PostgresFixture postgres)
    {
        var server = await TrackerServer.StartAsync(postgres);
        await RunAsync(server, "a", ""","config":{"lr":0.1,"optimizer":{"name":"adamw","betas":[0.9,0.95]},"seed":9007199254740993},"tags":["baseline","x"],"group":"g1" """,
            """{"step":0,"values":{"val/loss":2}},{"step":9,"values":{"val/loss":0.25,"odd name.min":1}}""");
        await RunAsync(server, "b", ""","config":{"lr":0.01,"optimizer.name":"adamw"},"tags":["baseline"],"notes":"second try" """, """{"step":5,"values":{"val/loss":0.5}}""");
        await RunAsync(server, "c", ""","config":{"lr":"auto","optimizer":{"name":"sgd"},"amp":true}""", """{"step":7,"values":{"val/loss":"NaN"}}""");
        await RunAsync(server, "d", ""","config":{"lr":null},"group":"g1" """);
        await (await server.Client.PostAsync("/api/v1/runs/b/finish", """{"exitCode":3}""")).JsonAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var summaries = database.CreateCommand("select count(*) from summaries");
        await TrackerApi.UntilAsync(async () => (long)(await summaries.ExecuteScalarAsync())!, count => count == 4, "the summaries are written");
        return server;
    }

    [Fact]
    public async Task Filters_find_what_they_say()
    {
        await using var server = await StartAsync(postgres);
        (string Filter, string Found)[] cases =
        [
            ("", "d c b a"),
            ("metrics.val/loss < 0.3", "a"),
            ("metrics.val/loss < 0.6 and config.optimizer.name = \"adamw\" and tags has \"baseline\" and state = \"running\"", "a"),
            ("metrics.val/loss < 0.6 and config.optimizer.name = \"adamw\"", "b a"),
            ("metrics.val/loss > 0", "b a"),
            ("metrics.val/loss = NaN", "c"),
            ("metrics.val/loss.nonFinite > 0", "c"),
            ("not metrics.val/loss < 0.3", "d c b"),
            ("metrics.val/loss is null", "d"),
            ("metrics.val/loss.mean = 1.125", "a"),
            ("metrics.val/loss.max = 2 and metrics.val/loss.count = 2 and metrics.val/loss.lastStep = 9", "a"),
            ("metrics.\"odd name.min\" = 1", "a"),
            ("config.lr >= 0.01", "b a"),
            ("config.lr = 0.1", "a"),
            ("config.lr != 0.1", "c b"),
            ("config.lr = \"auto\"", "c"),
            ("config.lr > \"a\"", "c"),
            ("config.lr is null", "d"),
            ("config.lr in (0.1, \"auto\")", "c a"),
            ("config.seed = 9007199254740993", "a"),
            ("config.seed = 9007199254740992", ""),
            ("config.optimizer.betas has 0.95", "a"),
            ("config.optimizer.name like \"ad%\"", "b a"),
            ("config.optimizer.name ilike \"SG_\"", "c"),
            ("config.amp = true", "c"),
            ("tags is null", "d c"),
            ("tags has \"x\" or exitCode = 3", "b a"),
            ("tags has \"'; drop table runs; --\"", ""),
            ("group = \"g1\" and not (id = \"a\" or lastStep > 100)", "d"),
            ("notes like \"%try\"", "b"),
            ("state in (\"failed\", \"killed\")", "b"),
            ("lastStep >= 7", "c a"),
            ("duration >= 0 and createdAt > \"2020-01-01\" and createdAt <= \"2999-01-01T00:00:00+02:00\"", "d c b a"),
            ("finishedAt is not null", "b"),
            ("project = \"sweep\" and name != \"a\"", "d c b"),
            ("diagnoses.count = 0 and diagnoses.severity is null and diagnoses.condition is null", "d c b a"),
        ];
        foreach (var (filter, found) in cases)
        {
            (await NamesAsync(server, "filter=" + filter)).ShouldBe(found, filter);
            var count = await server.Client.JsonAsync($"/api/v1/projects/{Project}/count?filter={Uri.EscapeDataString(filter)}");
            count.GetProperty("runs").GetInt64().ShouldBe(found.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, filter);
        }

        (await server.Client.JsonAsync("/api/v1/runs?filter=" + Uri.EscapeDataString("metrics.val/loss.min < 0.3"))).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Open_diagnoses_can_be_looked_for()
    {
        await using var server = await StartAsync(postgres);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var insert = database.CreateCommand("""
            insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
            select 'x-' || v.id, run_key, project_key, 1, 1, v.state, v.severity, v.cause, 1, 1, '{"title":"t"}'
            from (values ('a', 'open', 3, 'lr-too-high'), ('b', 'open', 1, 'small-data'), ('c', 'resolved', 3, 'lr-too-high'), ('d', 'open', 2, 'lr-too-high')) v (id, state, severity, cause) join runs using (id);
            insert into signals (run_key, diagnosis_id, signal_id, series, severity, step, onset_step, active, body)
            select run_key, id, 'overfitting', 'val/loss', severity, 1, 1, true, '{}' from diagnoses where id <> 'x-a';
            insert into verdicts (diagnosis_id, verdict, said_by) values ('x-d', 'wrong', 'me');
            """);
        await insert.ExecuteNonQueryAsync();
        (await NamesAsync(server, "filter=diagnoses.severity >= \"high\"")).ShouldBe("a");
        (await NamesAsync(server, "filter=diagnoses.condition has \"overfitting\"")).ShouldBe("b");
        (await NamesAsync(server, "filter=diagnoses.cause has \"lr-too-high\"")).ShouldBe("a");
        (await NamesAsync(server, "filter=not diagnoses.cause has \"lr-too-high\"")).ShouldBe("d c b");
        (await NamesAsync(server, "filter=diagnoses.cause is not null")).ShouldBe("b a");
        (await NamesAsync(server, "orderBy=diagnoses.severity desc")).ShouldBe("a b d c");
    }

    [Fact]
    public async Task Runs_are_ordered_by_any_field_and_what_is_missing_comes_last()
    {
        await using var server = await StartAsync(postgres);
        (string Order, string Found)[] cases =
        [
            ("metrics.val/loss", "a b d c"),
            ("metrics.val/loss desc", "b a d c"),
            ("metrics.val/loss.lastStep DESC", "a c b d"),
            ("config.lr", "b a c d"),
            ("config.lr desc", "a b c d"),
            ("config.optimizer.name, metrics.val/loss desc", "b a c d"),
            ("group, createdAt", "a d b c"),
            ("createdAt asc", "a b c d"),
            ("exitCode, name desc", "b d c a"),
            ("state, id", "b a c d"),
            ("lastStep", "b c a d"),
        ];
        foreach (var (order, found) in cases)
        {
            (await NamesAsync(server, "orderBy=" + order)).ShouldBe(found, order);
            var paged = new List<string>();
            for (string? cursor = null, first = ""; first is not null; first = cursor)
            {
                var page = await ListAsync(server, cursor is null ? ["limit=1", "orderBy=" + order] : ["limit=1", "orderBy=" + order, "cursor=" + cursor]);
                paged.AddRange(page.GetProperty("items").EnumerateArray().Select(run => run.GetProperty("id").GetString()!));
                cursor = page.GetProperty("nextCursor").GetString();
            }

            string.Join(' ', paged).ShouldBe(found, order);
        }
    }

    [Fact]
    public async Task Pages_neither_repeat_nor_skip_a_run_among_equal_values_and_new_ones()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        for (var i = 0; i < 25; i++) await RunAsync(server, $"r{i:00}", $$""","group":"g{{i % 3}}","config":{"x":{{i % 2}}.5,"n":{{i * 7 % 25}}}""");
        (await ListAsync(server, "orderBy=config.n", "fields=config.n")).GetProperty("items").EnumerateArray().Select(run => run.GetProperty("config").GetProperty("n").GetInt32()).ShouldBe(Enumerable.Range(0, 25));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await ListAsync(server, cursor is null ? ["limit=4", "orderBy=config.x desc, group"] : ["limit=4", "orderBy=config.x desc, group", "cursor=" + cursor]);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(run => run.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
            // Newcomers sort before and behind the place.
            await RunAsync(server, $"new{seen.Count}a", ""","group":"g0","config":{"x":9}""");
            await RunAsync(server, $"new{seen.Count}b", ""","group":"g1","config":{"x":0.5}""");
        }
        while (cursor is not null && seen.Count < 200);

        seen.Count.ShouldBe(seen.Distinct().Count());
        seen.Count(id => id.StartsWith('r')).ShouldBe(25);
    }

    [Fact]
    public async Task Only_the_columns_asked_for_come()
    {
        await using var server = await StartAsync(postgres);
        var page = await ListAsync(server, "fields=name,metrics.val/loss,metrics.\"odd name.min\".max,config.optimizer.name,duration,diagnoses", "filter=id in ('a','d')");
        var items = page.GetProperty("items").EnumerateArray().ToList();
        items[1].EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal).ShouldBe(["config", "diagnoses", "duration", "id", "metrics", "name"]);
        items[1].GetProperty("config").GetRawText().ShouldBe("""{"optimizer.name":"adamw"}""");
        items[1].GetProperty("metrics").GetProperty("val/loss").GetProperty("min").GetDouble().ShouldBe(0.25);
        items[1].GetProperty("metrics").GetProperty("odd name.min").GetRawText().ShouldBe("""{"max":1}""");
        items[0].GetProperty("metrics").EnumerateObject().ShouldBeEmpty();
        var all = await ListAsync(server, "fields=config,metrics,lastStep", "filter=id = 'a'");
        all.GetProperty("items")[0].GetProperty("config").GetProperty("lr").GetDouble().ShouldBe(0.1);
        all.GetProperty("items")[0].GetProperty("metrics").EnumerateObject().Count().ShouldBe(2);
        (await ListAsync(server, "fields=lastStep", "filter=id = 'a'")).GetProperty("items")[0].GetProperty("lastStep").GetInt64().ShouldBe(9);
    }

    [Fact]
    public async Task A_project_tells_what_its_runs_can_be_filtered_by_and_every_field_it_tells_works()
    {
        await using var server = await StartAsync(postgres);
        var fields = await server.Client.JsonAsync($"/api/v1/projects/{Project}/fields");
        string[] Names(string part) => [.. fields.GetProperty(part).EnumerateArray().Select(field => field.GetProperty("field").GetString()!)];
        Names("metrics").ShouldBe(["metrics.\"odd name.min\"", "metrics.val/loss"]);
        Names("config").ShouldBe(["config.amp", "config.lr", "config.optimizer.betas", "config.optimizer.name", "config.seed"]);
        fields.GetProperty("tags")[0].GetRawText().ShouldBe("""{"name":"baseline","field":"tags","runs":2}""");
        foreach (var field in Names("metrics").Concat(Names("config")).Concat(fields.GetProperty("attributes").EnumerateArray().Select(one => one.GetString()!)))
        {
            await ListAsync(server, $"filter={field} is null", "fields=" + field);
        }

        using var unknown = await server.Client.GetAsync(new Uri("/api/v1/projects/none/fields", UriKind.Relative));
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("filter", "metrics.loss < ", 15, "a number")]
    [InlineData("orderBy", "name, tags desc", 6, "one with several has no order")]
    [InlineData("orderBy", "name down", 5, "asc, desc")]
    [InlineData("fields", "name,lss", 5, "metrics.<series>")]
    public async Task An_error_points_at_the_character(string field, string text, int position, string expected)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var answer = await server.Client.GetAsync(new Uri($"/api/v1/runs?{field}={Uri.EscapeDataString(text)}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("field").GetString().ShouldBe(field);
        problem.RootElement.GetProperty("position").GetInt32().ShouldBe(position);
        problem.RootElement.GetProperty("expected").GetString()!.ShouldContain(expected);
    }

    [Theory]
    [InlineData("abc", "")]
    [InlineData("eyJPcmRlciI6IjAwIn0", "")]
    [InlineData("W10", "name")]
    public async Task A_cursor_of_something_else_is_refused(string cursor, string order)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var answer = await server.Client.GetAsync(new Uri($"/api/v1/runs?cursor={cursor}&orderBy={order}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }
}
