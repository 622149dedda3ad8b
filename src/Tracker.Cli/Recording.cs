using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>Writes a stored run as a recorded one: a line with its config, then a line a step. Scalars only.</summary>
internal static class Recording
{
    public static async Task WriteAsync(JsonNode run, IAsyncEnumerable<JsonObject> points, TextWriter output)
    {
        await output.WriteLineAsync(new JsonObject { ["run"] = run["name"]?.DeepClone(), ["config"] = run["config"]?.DeepClone() }.ToJsonString());
        var steps = new SortedDictionary<long, (double Time, JsonObject Scalars)>();
        var first = double.PositiveInfinity;
        await foreach (var point in points)
        {
            var (step, time) = ((long)point["step"]!, Milliseconds(point["time"]));
            if (time < first) first = time;
            if (!steps.TryGetValue(step, out var line)) steps[step] = line = (time, []);
            line.Scalars[(string)point["series"]!] = point["value"]!.DeepClone();
        }

        foreach (var (step, (time, scalars)) in steps)
            await output.WriteLineAsync(new JsonObject { ["step"] = step, ["t"] = Math.Round(Math.Max(0, time - first) / 1000, 3), ["scalars"] = scalars }.ToJsonString());
    }

    private static double Milliseconds(JsonNode? time) =>
        time is null ? 0 : time.GetValueKind() == JsonValueKind.Number ? (double)time : DateTimeOffset.TryParse((string?)time, out var moment) ? moment.ToUnixTimeMilliseconds() : 0;
}
