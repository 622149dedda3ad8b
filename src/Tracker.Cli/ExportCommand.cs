using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker export RUN [--series NAME…] [--format csv|ndjson|json|recording] [--output FILE]</c>: every stored point, in canonical order.
/// </summary>
internal static class ExportCommand
{
    // Long enough for an address, short enough for every proxy.
    private const int NamesPerCall = 50;

    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Id of the run." };
        var series = new Option<string[]>("--series") { Description = "Names of series. Default: all scalars.", AllowMultipleArgumentsPerToken = true };
        var format = new Option<string>("--format") { Description = "csv, ndjson, json, or recording: the file that tracker diagnose and tracker replay read.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "ndjson", "json", "recording");
        var output = new Option<string?>("--output", "-o") { Description = "File to write. Default: standard output." };
        var (server, json) = (Server.Option(), Server.Json("As --format json."));
        var command = new Command("export", "Write the points of a run to a file.") { run, series, format, output, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            var file = parsed.GetValue(output);
            await using var target = file is null or "-" ? Console.OpenStandardOutput() : File.Create(file);
            var kind = parsed.GetValue(json) ? "json" : parsed.GetValue(format)!;
            await WriteAsync(asked, parsed.GetValue(run)!, parsed.GetValue(series) ?? [], kind, target, file is not null and not "-", cancel);
            return 0;
        }));
        return command;
    }

    private static async Task WriteAsync(Server server, string run, string[] wanted, string format, Stream target, bool showProgress, CancellationToken cancel)
    {
        var id = Uri.EscapeDataString(run);
        var (names, total) = (wanted.ToList(), 0L);
        foreach (var series in (await server.GetAsync($"runs/{id}/series", cancel))["items"]!.AsArray())
        {
            if ((string?)series!["kind"] != "scalar" || (wanted.Length > 0 && !wanted.Contains((string?)series["name"]))) continue;
            if (wanted.Length == 0) names.Add((string)series["name"]!);
            total += (long?)series["count"] ?? 0;
        }

        using var bar = new ProgressBar(run, showProgress);
        await using var writer = new StreamWriter(target) { NewLine = "\n" };
        if (format == "recording")
        {
            await Recording.WriteAsync(await server.GetAsync($"runs/{id}", cancel), PointsAsync(server, id, names, total, bar, cancel), writer);
            return;
        }

        if (format == "csv") await writer.WriteLineAsync("step,time,value,series");
        var columns = new Dictionary<string, (JsonArray Steps, JsonArray Times, JsonArray Values)>();
        await foreach (var point in PointsAsync(server, id, names, total, bar, cancel))
        {
            if (format == "ndjson") await writer.WriteLineAsync(point.ToJsonString());
            else if (format == "csv") await writer.WriteLineAsync($"{point["step"]},{point["time"]},{point["value"]},{Quoted((string)point["series"]!)}");
            else Add(columns, point);
        }

        if (format != "json") return;
        var all = new JsonArray([.. columns.Select(c => new JsonObject { ["name"] = c.Key, ["steps"] = c.Value.Steps, ["times"] = c.Value.Times, ["values"] = c.Value.Values })]);
        await writer.WriteLineAsync(new JsonObject { ["run"] = run, ["series"] = all }.ToJsonString());
    }

    /// <summary>A line of JSON a point, as the server streams them.</summary>
    private static async IAsyncEnumerable<JsonObject> PointsAsync(
        Server server, string run, List<string> names, long total, ProgressBar bar, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var done = 0L;
        foreach (var some in names.Chunk(NamesPerCall))
        {
            using var answer = await server.OpenAsync($"runs/{run}/points?format=ndjson&{string.Join('&', some.Select(name => "name=" + Uri.EscapeDataString(name)))}", cancel);
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
            while (await lines.ReadLineAsync(cancel) is { Length: > 0 } line)
            {
                JsonObject point;
                try
                {
                    point = JsonNode.Parse(line)!.AsObject();
                }
                catch (JsonException)
                {
                    throw new CommandException(CommandException.Incomplete, "the server broke off in the middle");
                }

                bar.Report((++done, total));
                yield return point;
            }
        }
    }

    private static void Add(Dictionary<string, (JsonArray Steps, JsonArray Times, JsonArray Values)> columns, JsonObject point)
    {
        var name = (string)point["series"]!;
        if (!columns.TryGetValue(name, out var column)) columns[name] = column = ([], [], []);
        column.Steps.Add(point["step"]!.DeepClone());
        column.Times.Add(point["time"]?.DeepClone());
        column.Values.Add(point["value"]!.DeepClone());
    }

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\n\r") < 0 ? cell : '"' + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
