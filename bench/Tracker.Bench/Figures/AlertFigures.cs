using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Tracker.Bench.Server;
using Tracker.Testing;

namespace Tracker.Bench.Figures;

/// <summary>
/// Sick runs replayed at full speed, and a receiver that takes their messages in Slack's form. Measured from the moment the batch is sent that holds the point at which the
/// fault is seen, to the moment the message is there: the way to the server, the commit, the diagnosis and the delivery.
/// </summary>
internal static partial class AlertFigures
{
    private const int StepsABatch = 100;
    private const double Target = 1_000;
    private static readonly string[] Recordings = ["nan", "diverging", "gradients-exploding", "clipped", "plateau", "constant"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var arrived = new ConcurrentDictionary<string, (long At, long Step)>(StringComparer.Ordinal);
        await using var receiver = await ReceiveAsync(body =>
        {
            var now = Stopwatch.GetTimestamp();
            if (Told().Match(body) is { Success: true } run && Seen().Match(body) is { Success: true } step)
                arrived.TryAdd(run.Groups[1].Value, (now, long.Parse(step.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)));
        });
        await using var server = await BenchServer.StartAsync(new Dictionary<string, string> { ["Alerts__AllowPrivateAddresses"] = "true" });
        using (var made = await server.Http.PostAsJsonAsync("/api/v1/channels", new { kind = "slack", url = receiver.Urls.First(), ratePerMinute = 0, digestAfter = 0 }, cancel)) made.EnsureSuccessStatusCode();

        var (delays, silent) = (new List<double>(), 0);
        // The first round is the compiler's.
        for (var round = 0; round <= Math.Max(3, bench.Rounds); round++)
        {
            foreach (var name in Recordings)
            {
                var run = $"{name}-{round}";
                var sent = await ReplayAsync(server.Http, name, run, cancel);
                var patience = Stopwatch.StartNew();
                while (!arrived.ContainsKey(run) && patience.Elapsed < Patience) await Task.Delay(10, cancel);
                if (!arrived.TryGetValue(run, out var message)) silent++;
                else if (round > 0) delays.Add(Stopwatch.GetElapsedTime(sent.First(batch => batch.LastStep >= message.Step).At, message.At).TotalMilliseconds);
            }
        }

        Bench.Note($"alert: {delays.Count} sick runs told, {silent} not");
        var told = new Sample(delays);
        Bench.Report(new Figure("alert-slack-p50", told.Median, "ms"));
        var longest = Figure.AtMost("alert-slack-max", told.Percentile(100), "ms", Target);
        Bench.Report(longest with { Pass = longest.Pass is true && silent == 0 });
    }

    /// <summary>Sends a recording as fast as it is taken; gives the moment at which each batch left and its last step.</summary>
    private static async Task<List<(long At, long LastStep)>> ReplayAsync(HttpClient http, string name, string run, CancellationToken cancel)
    {
        await using var file = File.OpenRead(Repository.PathOf("examples", "gallery", $"{name}.jsonl.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var head = JsonNode.Parse((await reader.ReadLineAsync(cancel))!)!;
        await (await http.PostAsync("/api/v1/runs", new JsonObject { ["project"] = name, ["id"] = run, ["config"] = head["config"]!.DeepClone() }.ToJsonString())).JsonAsync();
        var bodies = new List<(string Body, long LastStep)>();
        var (points, last) = (new JsonArray(), 0L);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            var step = JsonNode.Parse(line)!;
            last = (long)step["step"]!;
            points.Add(new JsonObject { ["step"] = last, ["values"] = step["scalars"]!.DeepClone() });
            if (points.Count == StepsABatch) Close();
        }

        if (points.Count > 0) Close();
        var sent = new List<(long, long)>();
        foreach (var (body, lastStep) in bodies)
        {
            sent.Add((Stopwatch.GetTimestamp(), lastStep));
            await (await http.PostAsync($"/api/v1/runs/{run}/log", body)).JsonAsync();
        }

        return sent;

        void Close()
        {
            bodies.Add((new JsonObject { ["writer"] = "replay", ["batch"] = bodies.Count + 1, ["points"] = points }.ToJsonString(), last));
            points = [];
        }
    }

    private static async Task<WebApplication> ReceiveAsync(Action<string> take)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = builder.Build();
        receiver.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
            take(await body.ReadToEndAsync(context.RequestAborted));
        });
        await receiver.StartAsync();
        return receiver;
    }

    [GeneratedRegex("Tracker · run (\\S+) · alert")]
    private static partial Regex Told();

    [GeneratedRegex("seen at ([0-9,]+)")]
    private static partial Regex Seen();
}
