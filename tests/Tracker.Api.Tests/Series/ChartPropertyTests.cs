using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Tracker.Api.Tests.Storage;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Series;

/// <summary>Charts against all points, pixel column by pixel column, worked out here from what was sent.</summary>
public sealed class ChartPropertyTests(PostgresFixture postgres)
{
    private const long Begin = 1_760_000_000_000;

    private static readonly double[] Odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0];

    private static readonly string[] Axes = ["step", "time", "relative", "tokens"];

    private static readonly string[] Smoothings = ["&smooth=ema:0.8", "&smooth=time-ema:0.9", "&smooth=gaussian:3", "&smooth=mean:9"];

    private sealed record Sent(long Step, long Time, double Value);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task A_chart_shows_of_every_pixel_column_what_all_points_show(int seed, bool disorder)
    {
        await using var server = await ManualCompaction.StartServerAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var compaction = await ManualCompaction.OfAsync(server, run);
        var random = new Random(seed);
        Dictionary<string, List<Sent>> sent = new() { ["a"] = [], ["b"] = [], ["tokens"] = [] };
        for (var (round, step) = (0, 0L); round < 6; round++)
        {
            for (var i = 0; i < 12; i++) step = await LogAsync(server.Client, run, sent, step, random, disorder);
            // The last round stays in the journal.
            if (round < 5) await compaction.CompactAsync(1 + (round * 2));
        }

        for (var i = 0; i < 60; i++) await CheckAsync(server.Client, run, sent, random);
    }

    [Fact]
    public async Task A_chunk_that_lies_in_one_pixel_column_or_outside_of_the_range_is_not_read()
    {
        await using var server = await ManualCompaction.StartServerAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var compaction = await ManualCompaction.OfAsync(server, run);
        var points = Enumerable.Range(0, 65_536).Select(i => new Sent(i, Begin + (i * 100L), Math.Round(Math.Sin(i * 0.37) * i, 3))).ToList();
        foreach (var part in points.Chunk(8_192)) await (await server.Client.LogAsync(run, Body("a", part))).JsonAsync();
        await compaction.CompactAsync();
        string[] queries = ["points=16", "points=4&x=time", "points=4&x=relative", "points=100&from=20480&to=24575", "points=100&x=relative&from=2048&to=2457.5"];
        List<string> before = [];
        foreach (var query in queries) before.Add((await DataAsync(server.Client, run, $"name=a&{query}")).GetRawText());

        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        // Sixteen chunks of 4,096 points: columns of 4,096 steps hold one each. The sixth one is the one that the zooms read.
        await using var spoil = database.CreateCommand("update chunks set data = '\\x00' where number <> 5");
        (await spoil.ExecuteNonQueryAsync()).ShouldBe(15);
        for (var i = 0; i < queries.Length; i++)
        {
            if (queries[i].Contains("x=time", StringComparison.Ordinal) || queries[i] == "points=4&x=relative") continue;
            (await DataAsync(server.Client, run, $"name=a&{queries[i]}")).GetRawText().ShouldBe(before[i], queries[i]);
        }

        (await server.Client.GetAsync(new Uri($"/api/v1/runs/{run}/data?name=a&points=2000", UriKind.Relative))).IsSuccessStatusCode.ShouldBeFalse();
    }

    private static async Task<long> LogAsync(HttpClient client, string run, Dictionary<string, List<Sent>> sent, long step, Random random, bool disorder)
    {
        var body = new StringBuilder("{\"series\":[");
        foreach (var (name, points) in sent)
        {
            var batch = new List<Sent>();
            for (var k = random.Next(1, 25); k > 0; k--)
            {
                var at = step + (k * 3);
                if (disorder && random.Next(12) == 0) at = Math.Max(0, at - random.Next(200));
                var value = random.Next(25) == 0 ? Odd[random.Next(Odd.Length)] : random.Next(-50, 50) / 4.0;
                if (name == "tokens") value = at * 512.5;
                batch.Add(new Sent(at, Begin + (at * 100) + (disorder ? random.Next(-150, 150) : 0), value));
            }

            // What stands in a batch is ordered by step; of equal steps the later one counts.
            batch = [.. batch.OrderBy(point => point.Step)];
            points.AddRange(batch);
            body.Append(name == "a" ? "" : ",").Append(Columns(name, batch));
        }

        await (await client.LogAsync(run, body.Append("]}").ToString())).JsonAsync();
        return disorder && random.Next(15) == 0 ? step - 120 : step + 76;
    }

    private static string Body(string name, IEnumerable<Sent> points) => $"{{\"series\":[{Columns(name, [.. points])}]}}";

    private static string Columns(string name, IReadOnlyList<Sent> points)
    {
        static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : $"\"{value.ToString(CultureInfo.InvariantCulture)}\"";
        return $"{{\"name\":\"{name}\",\"steps\":[{string.Join(',', points.Select(p => p.Step))}],\"times\":[{string.Join(',', points.Select(p => p.Time))}],\"values\":[{string.Join(',', points.Select(p => Number(p.Value)))}]}}";
    }

    private static async Task<JsonElement> DataAsync(HttpClient client, string run, string query) =>
        (await client.JsonAsync($"/api/v1/runs/{run}/data?{query}")).GetProperty("series")[0];

    private static async Task CheckAsync(HttpClient client, string run, Dictionary<string, List<Sent>> sent, Random random)
    {
        var (axis, scale) = (Axes[random.Next(4)], random.Next(3) == 0 ? "log" : "linear");
        var (columns, name) = (random.Next(1, random.Next(2, 300)), random.Next(2) == 0 ? "a" : "b");
        var all = Curve(sent, name, axis);
        var query = string.Create(CultureInfo.InvariantCulture, $"name={name}&points={columns}&x={axis}&scale={scale}");
        double? from = random.Next(3) == 0 ? all[random.Next(all.Count)].X : null, to = random.Next(3) == 0 ? all[random.Next(all.Count)].X : null;
        if (from > to) (from, to) = (to, from);
        if (from is not null) query += string.Create(CultureInfo.InvariantCulture, $"&from={from:R}");
        if (to is not null) query += string.Create(CultureInfo.InvariantCulture, $"&to={to:R}");
        if (random.Next(3) == 0) query += Smoothings[random.Next(4)];

        var chart = await DataAsync(client, run, query);
        chart.GetProperty("total").GetInt64().ShouldBe(sent[name].Count, query);
        var shown = all.Where(point => !(point.X < from) && !(point.X > to) && (scale == "linear" || point.X > 0)).ToList();
        if (shown.Count == 0)
        {
            chart.GetProperty("x").GetArrayLength().ShouldBe(0, query);
            return;
        }

        // The width is told, a power of two, and so narrow that more than half as many columns would not do.
        double width = chart.GetProperty("columnWidth").GetDouble();
        Math.ScaleB(1, Math.ILogB(width)).ShouldBe(width, query);
        double Place(double x) => Math.Floor((scale == "log" ? Math.Log2(x) : x) / width);
        (Place(to ?? shown.Max(p => p.X)) - Place(from is > 0 || scale == "linear" ? from ?? shown.Min(p => p.X) : shown.Min(p => p.X))).ShouldBeLessThan(columns, query);

        var expected = new List<(double, double)>();
        var marks = new List<(double, string)>();
        foreach (var column in shown.GroupBy(point => Place(point.X)).OrderBy(group => group.Key))
        {
            var points = column.OrderBy(point => point.X).Where(point => double.IsFinite(point.Y)).ToList();
            if (points.Count > 0)
            {
                HashSet<(double, double, int)> four = [points[0], points.MinBy(point => point.Y), points.MaxBy(point => point.Y), points[^1]];
                expected.AddRange(points.Where(four.Contains).Select(point => (point.X, point.Y)));
            }

            marks.AddRange(column.Where(point => !double.IsFinite(point.Y)).OrderBy(point => point.X).DistinctBy(point => point.Y)
                .Select(point => (point.X, point.Y.ToString(CultureInfo.InvariantCulture))));
        }

        chart.GetProperty("x").EnumerateArray().Zip(chart.GetProperty("y").EnumerateArray(), (x, y) => (x.GetDouble(), y.GetDouble())).ShouldBe(expected, query);
        chart.GetProperty("nonFinite").EnumerateArray().Select(mark => (mark.GetProperty("x").GetDouble(), mark.GetProperty("value").GetString()!)).ShouldBe(marks, ignoreOrder: true, query);
        if (query.Contains("smooth", StringComparison.Ordinal)) chart.GetProperty("smoothed").GetArrayLength().ShouldBe(expected.Count, query);
    }

    /// <summary>One point a step, the one sent last, by step: x, y, place.</summary>
    private static List<(double X, double Y, int Place)> Curve(Dictionary<string, List<Sent>> sent, string name, string axis)
    {
        static IEnumerable<Sent> Latest(List<Sent> points) => points.GroupBy(point => point.Step).Select(group => group.Last()).OrderBy(point => point.Step);
        var start = sent.Values.SelectMany(points => points).Min(point => point.Time);
        var tokens = Latest(sent["tokens"]).Where(point => double.IsFinite(point.Value)).ToDictionary(point => point.Step, point => point.Value);
        var curve = axis switch
        {
            "step" => Latest(sent[name]).Select(point => ((double)point.Step, point.Value)),
            "time" => Latest(sent[name]).Select(point => ((double)point.Time, point.Value)),
            "relative" => Latest(sent[name]).Select(point => ((point.Time - start) / 1000.0, point.Value)),
            _ => Latest(sent[name]).Where(point => tokens.ContainsKey(point.Step)).Select(point => (tokens[point.Step], point.Value)),
        };
        return [.. curve.Select((point, i) => (point.Item1, point.Value, i))];
    }
}
