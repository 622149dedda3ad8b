using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Npgsql;
using Shouldly;
using Tracker.Api.Tests.Storage;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Series;

public sealed class ReadTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("data?name=a&points=10")]
    [InlineData("data?name=a&x=time&smooth=mean:3")]
    [InlineData("series")]
    public async Task A_read_that_has_not_changed_is_not_made_again(string path)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"points":[{"step":1,"values":{"a":1}}]}""")).JsonAsync();
        var tag = await TagAsync(server, run, path, null, HttpStatusCode.OK);
        await TagAsync(server, run, path, tag, HttpStatusCode.NotModified);
        await TagAsync(server, run, path + (path == "series" ? "?limit=1" : "&from=0"), tag, HttpStatusCode.OK);
        await (await server.Client.LogAsync(run, """{"points":[{"step":2,"values":{"a":1}}]}""")).JsonAsync();
        (await TagAsync(server, run, path, tag, HttpStatusCode.OK)).ShouldNotBe(tag);
    }

    [Fact]
    public async Task A_chart_whose_answer_would_be_too_large_is_refused_before_anything_is_read()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var names = string.Concat(Enumerable.Range(0, 101).Select(i => $"&name=s{i}"));
        foreach (var (path, status) in new[]
        {
            ($"/api/v1/runs/{run}/data?points=10000{names}", System.Net.HttpStatusCode.UnprocessableEntity),
            ($"/api/v1/data?run={run}&run=b&run=c&points=4000{names}", System.Net.HttpStatusCode.UnprocessableEntity),
            ($"/api/v1/runs/{run}/data?points=9900{names}", System.Net.HttpStatusCode.OK),
        })
        {
            using var answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            answer.StatusCode.ShouldBe(status, path[..40]);
        }
    }

    [Fact]
    public async Task A_run_that_bears_the_id_of_a_deleted_one_has_tags_of_its_own()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        async Task MakeAsync()
        {
            await (await server.Client.PostAsync("/api/v1/runs", """{"project":"p","id":"same"}""")).JsonAsync();
            await (await server.Client.LogAsync("same", """{"points":[{"step":1,"values":{"a":1}}]}""")).JsonAsync();
        }

        await MakeAsync();
        var tag = await TagAsync(server, "same", "data?name=a", null, HttpStatusCode.OK);
        using var deleted = await server.Client.DeleteAsync(new Uri("/api/v1/runs/same", UriKind.Relative));
        deleted.IsSuccessStatusCode.ShouldBeTrue();
        using var again = await server.Client.PostAsync("/api/v1/runs", """{"project":"p","id":"same"}""");
        // Where an id stays taken there is no second run to mistake.
        if (!again.IsSuccessStatusCode) return;
        await (await server.Client.LogAsync("same", """{"points":[{"step":1,"values":{"a":1}}]}""")).JsonAsync();
        (await TagAsync(server, "same", "data?name=a", tag, HttpStatusCode.OK)).ShouldNotBe(tag);
    }

    [Fact]
    public async Task Several_runs_come_in_one_call_and_those_that_are_not_there_are_named()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var (one, two) = (await server.Client.CreateRunAsync(), await server.Client.CreateRunAsync());
        await (await server.Client.LogAsync(one, """{"points":[{"step":1,"values":{"a":1,"b":2}}]}""")).JsonAsync();
        await (await server.Client.LogAsync(two, """{"points":[{"step":1,"values":{"a":3}}]}""")).JsonAsync();
        var charts = await server.Client.JsonAsync($"/api/v1/data?run={one}&run=nobody&run={two}&name=a&name=b");
        charts.GetProperty("missing").EnumerateArray().Select(id => id.GetString()).ShouldBe(["nobody"]);
        var runs = charts.GetProperty("runs").EnumerateArray().ToList();
        runs.Select(run => run.GetProperty("run").GetString()).ShouldBe([one, two]);
        foreach (var run in runs)
        {
            var single = await server.Client.JsonAsync($"/api/v1/runs/{run.GetProperty("run").GetString()}/data?name=a&name=b");
            run.GetProperty("series").GetRawText().ShouldBe(single.GetProperty("series").GetRawText());
            run.GetProperty("sequence").GetInt64().ShouldBe(single.GetProperty("sequence").GetInt64());
        }

        using var first = await server.Client.GetAsync(new Uri($"/api/v1/data?run={one}&run={two}&name=a", UriKind.Relative));
        using var second = await SendAsync(server, $"/api/v1/data?run={one}&run={two}&name=a", first.Headers.ETag);
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task The_catalogue_of_series_comes_in_pages()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"points":[{"step":1,"values":{"a":1,"b":2,"c":3,"d":4,"e":5}}]}""")).JsonAsync();
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = await server.Client.JsonAsync($"/api/v1/runs/{run}/series?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(series => series.GetProperty("name").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        seen.ShouldBe(["a", "b", "c", "d", "e"]);
    }

    [Fact]
    public async Task Every_double_comes_back_as_it_was_sent()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        // The shortest text that .NET 10 makes of two of these powers of two is that of their neighbours.
        double[] values = [.. Enumerable.Range(-1074, 2098).Select(exponent => Math.ScaleB(1, exponent)), -Math.ScaleB(1, -25), -0.0, 0.1, 1.0 / 3];
        var sent = string.Join(',', values.Select(value => value.ToString("G17", CultureInfo.InvariantCulture)));
        await (await server.Client.LogAsync(run, $$"""{"series":[{"name":"a","steps":[{{string.Join(',', Enumerable.Range(0, values.Length))}}],"values":[{{sent}}]}]}""")).JsonAsync();
        var bits = values.Select(BitConverter.DoubleToInt64Bits).ToList();
        var json = (await server.Client.JsonAsync($"/api/v1/runs/{run}/points?name=a")).GetProperty("series")[0];
        json.GetProperty("values").EnumerateArray().Select(value => BitConverter.DoubleToInt64Bits(value.GetDouble())).ShouldBe(bits);
        (await server.Client.PointsAsync(run, "a")).Select(line => BitConverter.DoubleToInt64Bits(double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture))).ShouldBe(bits);
        var chart = (await server.Client.JsonAsync($"/api/v1/runs/{run}/data?name=a&points=10000")).GetProperty("series")[0];
        chart.GetProperty("y").EnumerateArray().Select(value => BitConverter.DoubleToInt64Bits(value.GetDouble())).ShouldBe(bits);
    }

    [Fact]
    public async Task A_slow_series_is_rewritten_at_most_twice_also_by_compactors_that_start_anew()
    {
        await using var server = await ManualCompaction.StartServerAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        var written = new Dictionary<string, int>();
        for (var i = 1; i <= 230; i++)
        {
            await (await server.Client.LogAsync(run, $$$"""{"points":[{"step":{{{i}}},"values":{"a":{{{i}}}}}]}""")).JsonAsync();
            await (await ManualCompaction.OfAsync(server, run)).CompactAsync();
            // A chunk that was not there after the last compaction was written by this one.
            await using var command = database.CreateCommand("select first_step, last_step from chunks");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) written.TryAdd($"{reader.GetInt64(0)}-{reader.GetInt64(1)}", (int)(reader.GetInt64(1) - reader.GetInt64(0) + 1));
        }

        for (var step = 1; step <= 230; step++)
        {
            var at = step;
            written.Keys.Select(key => key.Split('-')).Count(key => long.Parse(key[0]) <= at && at <= long.Parse(key[1])).ShouldBeLessThanOrEqualTo(3);
        }

        await using var count = database.CreateCommand("select count(*) from chunks");
        ((long)(await count.ExecuteScalarAsync())!).ShouldBeLessThan(2 + 9 + 10);
        (await server.Client.PointsAsync(run, "a")).ShouldBe(Enumerable.Range(1, 230).Select(i => $"{i},{i}"));
    }

    private static async Task<string> TagAsync(TrackerServer server, string run, string path, string? known, HttpStatusCode expected)
    {
        using var answer = await SendAsync(server, $"/api/v1/runs/{run}/{path}", known is null ? null : EntityTagHeaderValue.Parse(known));
        answer.StatusCode.ShouldBe(expected);
        answer.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        if (expected == HttpStatusCode.NotModified) (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        return answer.Headers.ETag!.ToString();
    }

    private static async Task<HttpResponseMessage> SendAsync(TrackerServer server, string path, EntityTagHeaderValue? known)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (known is not null) request.Headers.IfNoneMatch.Add(known);
        return await server.Client.SendAsync(request);
    }
}
