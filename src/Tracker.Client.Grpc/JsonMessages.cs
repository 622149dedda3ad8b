using System.Text.Json;
using Tracker.Wire.V1;

namespace Tracker.Client.Grpc;

/// <summary>From the bodies of REST to the messages of gRPC.</summary>
internal static class JsonMessages
{
    public static CreateRunRequest Create(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        var request = new CreateRunRequest
        {
            Project = Text(root, "project"),
            Id = Text(root, "id"),
            Name = Text(root, "name"),
            Group = Text(root, "group"),
            JobType = Text(root, "jobType"),
            Notes = Text(root, "notes"),
            Reference = Text(root, "reference"),
            ConfigJson = root.TryGetProperty("config", out var config) ? config.GetRawText() : "{}",
            Resume = Text(root, "resume") switch { "allow" => Resume.Allow, "must" => Resume.Must, _ => Resume.Never },
        };
        if (root.TryGetProperty("tags", out var tags)) request.Tags.AddRange(tags.EnumerateArray().Select(tag => tag.GetString() ?? ""));
        return request;
    }

    public static LogRequest Log(string run, byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        var request = new LogRequest { Run = run, Writer = Text(root, "writer"), Batch = root.GetProperty("batch").GetUInt64() };
        foreach (var series in Items(root, "series"))
        {
            var column = new ScalarColumn { Name = Text(series, "name") };
            column.Steps.AddRange(Items(series, "steps").Select(step => step.GetInt64()));
            column.Values.AddRange(Items(series, "values").Select(Number));
            column.Times.AddRange(Items(series, "times").Select(time => time.GetInt64()));
            request.Series.Add(column);
        }

        foreach (var histogram in Items(root, "histograms"))
        {
            var point = new HistogramPoint { Name = Text(histogram, "name"), Step = histogram.GetProperty("step").GetInt64(), Time = Long(histogram, "time") ?? 0 };
            point.Edges.AddRange(Items(histogram, "edges").Select(Number));
            point.Counts.AddRange(Items(histogram, "counts").Select(Number));
            request.Histograms.Add(point);
        }

        foreach (var item in Items(root, "events"))
        {
            var happened = new Event { Kind = Text(item, "kind"), Name = Text(item, "name"), Time = Long(item, "time") ?? 0, Level = Text(item, "level") };
            if (Long(item, "step") is { } step) happened.Step = step;
            if (item.TryGetProperty("data", out var data)) happened.DataJson = data.GetRawText();
            request.Events.Add(happened);
        }

        return request;
    }

    public static FinishRequest Finish(string run, byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var request = new FinishRequest { Run = run, State = Text(json.RootElement, "state") };
        if (Long(json.RootElement, "exitCode") is { } code) request.ExitCode = (int)code;
        return request;
    }

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long? Long(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) => json.TryGetProperty(name, out var items) ? items.EnumerateArray() : Enumerable.Empty<JsonElement>();

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetDouble()
        : value.GetString() switch
        {
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => double.NaN,
        };
}
