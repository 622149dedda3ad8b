using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class RetentionTests(PostgresFixture postgres)
{
    private static async Task<JsonElement> PutAsync(TrackerServer server, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await server.Client.PutAsync(new Uri("/api/v1/projects/" + path, UriKind.Relative), content);
        return await answer.JsonAsync();
    }

    private static async Task EndedAsync(TrackerServer server, string id, string tags = "[]", string? batch = null)
    {
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"p","id":"{{id}}","tags":{{tags}}}""")).JsonAsync();
        if (batch is not null) await (await server.Client.LogAsync(id, batch)).JsonAsync();
        await (await server.Client.PostAsync($"/api/v1/runs/{id}/finish", "{}")).JsonAsync();
    }

    private static async Task SettledAsync(TrackerServer server)
    {
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var unsettled = database.CreateCommand("select count(*) from run_heads where unsettled");
        await TrackerApi.UntilAsync(async () => (long)(await unsettled.ExecuteScalarAsync())!, count => count == 0, "all is compacted");
    }

    [Fact]
    public async Task Old_runs_go_to_the_trash_unless_a_tag_keeps_them()
    {
        var clock = new ShiftedClock();
        await using var server = await TrackerServer.StartAsync(postgres, clock.Use);
        await EndedAsync(server, "old");
        await EndedAsync(server, "kept", """["x","keep"]""");
        await (await server.Client.PostAsync("/api/v1/runs", """{"project":"p","id":"running"}""")).JsonAsync();
        clock.Shift = TimeSpan.FromDays(5);
        await EndedAsync(server, "young");
        (await PutAsync(server, "p/retention", """{"deleteAfterDays":10,"exceptTags":["keep"]}""")).GetProperty("deleteAfterDays").GetInt32().ShouldBe(10);
        (await server.Client.JsonAsync("/api/v1/projects/p/retention")).GetProperty("exceptTags")[0].GetString().ShouldBe("keep");
        var retention = server.Services.GetRequiredService<Retention>();
        await retention.ApplyAsync(CancellationToken.None);
        (await server.Client.JsonAsync("/api/v1/runs?deleted=only")).GetProperty("items").GetArrayLength().ShouldBe(0);
        clock.Shift = TimeSpan.FromDays(11);
        await retention.ApplyAsync(CancellationToken.None);
        (await server.Client.JsonAsync("/api/v1/runs?deleted=only")).GetProperty("items").EnumerateArray().Select(run => run.GetProperty("id").GetString()).ShouldBe(["old"]);
    }

    [Fact]
    public async Task A_thinned_run_keeps_its_extremes_its_gaps_and_its_summaries_and_says_what_it_is()
    {
        const int Count = 60_000;
        var clock = new ShiftedClock();
        await using var server = await TrackerServer.StartAsync(postgres, clock.Use);
        var random = new Random(1);
        var values = Enumerable.Range(0, Count).Select(i => i is 31_415 ? "999" : i is > 40_000 and < 40_100 ? "\"NaN\"" : random.NextDouble().ToString("R", CultureInfo.InvariantCulture)).ToArray();
        await EndedAsync(server, "a", batch: $$"""{"writer":"w","batch":1,"series":[{"name":"loss","steps":[{{string.Join(',', Enumerable.Range(0, Count))}}],"values":[{{string.Join(',', values)}}]},{"name":"short","steps":[1,2],"values":[3,4]}]}""");
        await SettledAsync(server);
        var before = await server.Client.JsonAsync("/api/v1/runs/a");
        before.GetProperty("thinnedAt").ValueKind.ShouldBe(JsonValueKind.Null);

        await PutAsync(server, "p/retention", """{"thinAfterDays":30}""");
        clock.Shift = TimeSpan.FromDays(31);
        await server.Services.GetRequiredService<Retention>().ApplyAsync(CancellationToken.None);

        var after = await server.Client.JsonAsync("/api/v1/runs/a");
        after.GetProperty("thinnedAt").GetDateTimeOffset().ShouldBe(clock.GetUtcNow(), TimeSpan.FromMinutes(5));
        after.GetProperty("metrics").GetRawText().ShouldBe(before.GetProperty("metrics").GetRawText());
        var points = await server.Client.PointsAsync("a", "loss");
        points.Count.ShouldBeInRange(1_000, 4_300);
        points.ShouldContain("31415,999");
        points.ShouldContain("40001,NaN");
        points.ShouldContain("40099,NaN");
        points[0].ShouldStartWith("0,");
        points[^1].ShouldStartWith("59999,");
        points.ShouldBeSubsetOf(values.Select((value, i) => $"{i},{value.Trim('"')}"));
        (await server.Client.PointsAsync("a", "short")).ShouldBe(["1,3", "2,4"]);
        var steps = (await server.Client.JsonAsync("/api/v1/runs/a/data?name=loss&points=500")).GetProperty("series")[0].GetProperty("y").EnumerateArray().Max(y => y.GetDouble());
        steps.ShouldBe(999);
    }

    [Fact]
    public async Task A_project_shows_its_size_and_a_quota_holds_batches_back_until_there_is_room()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var values = string.Join(',', Enumerable.Range(0, 20_000).Select(i => Math.Sin(i * i).ToString("R", CultureInfo.InvariantCulture)));
        await EndedAsync(server, "a", batch: $$"""{"series":[{"name":"loss","steps":[{{string.Join(',', Enumerable.Range(0, 20_000))}}],"values":[{{values}}]}]}""");
        await (await server.Client.PostAsync("/api/v1/runs", """{"project":"p","id":"b"}""")).JsonAsync();
        var sizes = server.Services.GetRequiredService<ProjectSizes>();
        await sizes.MeasureAsync(CancellationToken.None);
        var project = (await server.Client.JsonAsync("/api/v1/projects")).GetProperty("items")[0];
        project.GetProperty("bytes").GetInt64().ShouldBeInRange(150_000, 400_000);
        project.GetProperty("quotaBytes").ValueKind.ShouldBe(JsonValueKind.Null);

        await PutAsync(server, "p/quota", """{"maxBytes":100000}""");
        const string Batch = """{"writer":"w","batch":1,"points":[{"step":0,"values":{"loss":1}}]}""";
        using (var refused = await server.Client.LogAsync("b", Batch))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
            refused.Headers.RetryAfter.ShouldNotBeNull();
            using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
            problem.RootElement.GetProperty("field").GetString().ShouldBe("project");
            problem.RootElement.GetProperty("limit").GetString().ShouldBe("100000 bytes");
        }

        await server.Client.DeleteAsync(new Uri("/api/v1/runs/a?permanently=true", UriKind.Relative));
        await TrackerApi.UntilAsync(async () => (await server.Client.LogAsync("b", Batch)).StatusCode, status => status == HttpStatusCode.OK, "there is room again");
        (await server.Client.PointsAsync("b", "loss")).ShouldBe(["0,1"]);
    }

    [Theory]
    [InlineData("retention", """{"deleteAfterDays":0}""")]
    [InlineData("retention", """{"thinAfterDays":-1}""")]
    [InlineData("retention", """{"exceptTags":[""]}""")]
    [InlineData("quota", """{"maxBytes":0}""")]
    public async Task A_rule_that_makes_no_sense_is_refused(string what, string json)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await server.Client.CreateRunAsync("p");
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await server.Client.PutAsync(new Uri($"/api/v1/projects/p/{what}", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }
}
