using System.Globalization;
using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Series;

public sealed class ChartTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_chart_keeps_first_last_least_and_greatest_of_every_column_and_smooths_before_it_reduces()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var values = Enumerable.Range(0, 5_000).Select(i => i == 1_234 ? 99.0 : Math.Sin(i / 50.0)).ToArray();
        foreach (var part in Enumerable.Range(0, 5))
        {
            var steps = Enumerable.Range(part * 1_000, 1_000).ToArray();
            var column = string.Join(',', steps.Select(step => values[step].ToString("R", CultureInfo.InvariantCulture)));
            await (await server.Client.LogAsync(run, $$"""{"series":[{"name":"a","steps":[{{string.Join(',', steps)}}],"values":[{{column}}]}]}""")).JsonAsync();
        }

        var chart = await SeriesAsync(server, run, "name=a&points=100&smooth=ema:0.9");
        chart.GetProperty("total").GetInt32().ShouldBe(5_000);
        var (x, y) = (Numbers(chart, "x"), Numbers(chart, "y"));
        x.Length.ShouldBeLessThanOrEqualTo(400);
        y.Max().ShouldBe(99.0);
        (x[0], x[^1]).ShouldBe((0, 4_999));

        // The columns are 64 steps wide: the narrowest power of two that needs no more than 100.
        foreach (var column in Enumerable.Range(0, 5_000).GroupBy(step => step / 64))
        {
            var kept = x.Zip(y).Where(point => (int)point.First / 64 == column.Key).Select(point => point.Second).ToArray();
            kept.Min().ShouldBe(column.Min(step => values[step]));
            kept.Max().ShouldBe(column.Max(step => values[step]));
            kept[0].ShouldBe(values[column.First()]);
            kept[^1].ShouldBe(values[column.Last()]);
        }

        double ema = 0, weight = 0;
        var smoothed = values.Select(value =>
        {
            (ema, weight) = ((0.9 * ema) + (0.1 * value), (0.9 * weight) + 0.1);
            return ema / weight;
        }).ToArray();
        foreach (var (at, value) in x.Zip(Numbers(chart, "smoothed"))) value.ShouldBe(smoothed[(int)at], 1e-9);
    }

    [Fact]
    public async Task Zooming_reads_every_point_and_what_lies_outside_is_empty()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """
            {"series":[{"name":"a","steps":[5,6,7,8],"times":[5000,6000,7000,8000],"values":[1,2,3,4]},{"name":"tokens","steps":[5,6,8],"times":[5000,6000,8000],"values":[10,30,20]}],
             "histograms":[{"name":"h","step":5,"time":5000,"edges":[0,1],"counts":[1]}]}
            """)).JsonAsync();
        Numbers(await SeriesAsync(server, run, "name=a&from=6&to=7"), "y").ShouldBe([2, 3]);
        Numbers(await SeriesAsync(server, run, "name=a&to=4"), "y").ShouldBeEmpty();
        Numbers(await SeriesAsync(server, run, "name=a&from=9"), "y").ShouldBeEmpty();
        Numbers(await SeriesAsync(server, run, "name=a&x=time"), "x").ShouldBe([5_000, 6_000, 7_000, 8_000]);
        Numbers(await SeriesAsync(server, run, "name=a&x=relative"), "x").ShouldBe([0, 1, 2, 3]);
        var byTokens = await SeriesAsync(server, run, "name=a&x=tokens");
        Numbers(byTokens, "x").ShouldBe([10, 20, 30]);
        Numbers(byTokens, "y").ShouldBe([1, 4, 2]);
        Numbers(await SeriesAsync(server, run, "name=a&x=h"), "x").ShouldBeEmpty();
        Numbers(await SeriesAsync(server, run, "name=none"), "x").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_step_that_came_twice_shows_what_came_last_and_every_point_is_counted()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        foreach (var value in new[] { 1, 2 }) await (await server.Client.LogAsync(run, $$"""{"series":[{"name":"a","steps":[3,1],"values":[{{value}},0]}]}""")).JsonAsync();
        var chart = await SeriesAsync(server, run, "name=a");
        Numbers(chart, "x").ShouldBe([1, 3]);
        Numbers(chart, "y").ShouldBe([0, 2]);
        chart.GetProperty("total").GetInt32().ShouldBe(4);
        var series = (await server.Client.JsonAsync($"/api/v1/runs/{run}/series")).GetProperty("items")[0];
        (series.GetProperty("late").GetInt32(), series.GetProperty("repeated").GetInt32()).ShouldBe((1, 1));
    }

    private static async Task<JsonElement> SeriesAsync(TrackerServer server, string run, string query) =>
        (await server.Client.JsonAsync($"/api/v1/runs/{run}/data?{query}")).GetProperty("series")[0];

    private static double[] Numbers(JsonElement series, string column) => [.. series.GetProperty(column).EnumerateArray().Select(number => number.GetDouble())];
}
