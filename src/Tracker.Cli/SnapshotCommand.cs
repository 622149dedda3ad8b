using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker snapshot RUN [--around STEP] [--steps N] [--name SERIES…] [--json] [--server URL]</c>: the curves and signals around a step, as text or as one JSON
/// object. Without <c>--around</c>: around the onset of the worst open diagnosis, else at the run's end.
/// </summary>
internal static class SnapshotCommand
{
    private const int Columns = 72;
    private const int MostSeries = 8;

    private static readonly string[] Severities = ["crit", "high", "warn", "info"];
    private static readonly string[] Usual = ["train/loss", "val/loss", "grad_norm/total", "lr"];

    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Id of the run." };
        var around = new Option<long?>("--around") { Description = "The step in the middle. Default: the onset of the worst open diagnosis, else the last step." };
        var steps = new Option<long?>("--steps") { Description = "Steps shown before and after it. Default: a tenth of the run, at least 50." };
        var names = new Option<string[]>("--name") { Description = "Series shown. Default: those that signals around the step speak of, and the usual ones.", AllowMultipleArgumentsPerToken = true };
        var (server, json) = (Server.Option(), Server.Json("Print one JSON object and nothing else."));
        var command = new Command("snapshot", "Print the curves and signals of a run around a step.") { run, around, steps, names, json, server };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            var id = Uri.EscapeDataString(parsed.GetValue(run)!);
            var found = await asked.GetAsync($"runs/{id}", cancel);
            var diagnoses = Items(await asked.GetAsync($"runs/{id}/diagnoses", cancel));
            var series = Items(await asked.GetAsync($"runs/{id}/series", cancel)).Where(s => (string?)s["kind"] == "scalar").Select(s => (string)s["name"]!).ToList();
            var last = found["lastStep"]?.GetValue<long>() ?? 0;
            var worst = diagnoses.Where(d => (string?)d["state"] == "open").MinBy(d => Array.IndexOf(Severities, (string?)d["severity"]));
            var middle = parsed.GetValue(around) ?? worst?["onsetStep"]!.GetValue<long>() ?? last;
            var reach = Math.Max(1, parsed.GetValue(steps) ?? Math.Max(50, last / 10));
            var (from, to) = (Math.Max(0, middle - reach), middle + reach);
            var signals = diagnoses.SelectMany(d => d["signals"]!.AsArray().Select(s => (Diagnosis: d, Signal: s!))).Where(s => Touches(s.Signal, from, to)).ToList();
            var shown = parsed.GetValue(names) is { Length: > 0 } wanted ? [.. wanted] : Choose(series, signals.Select(s => s.Signal));
            var charts = shown.Count == 0 ? [] : Items(await asked.GetAsync(
                $"runs/{id}/data?points={Columns}&from={from}&to={to}{string.Concat(shown.Select(name => $"&name={Uri.EscapeDataString(name)}"))}", cancel), "series");
            if (parsed.GetValue(json)) Console.Out.WriteLine(Json(found, middle, from, to, charts, signals).ToJsonString());
            else Print(found, middle, from, to, charts, signals);
            return 0;
        }));
        return command;
    }

    private static List<JsonNode> Items(JsonNode page, string name = "items") => [.. page[name]!.AsArray().Select(item => item!)];

    /// <summary>Whether the signal or a range of its evidence lies in what is shown; one that holds since before does.</summary>
    private static bool Touches(JsonNode signal, long from, long to)
    {
        var onset = signal["onsetStep"]!.GetValue<long>();
        if (onset <= to && (signal["active"]!.GetValue<bool>() || signal["step"]!.GetValue<long>() >= from)) return true;
        return signal["evidence"]!.AsArray().Any(e => e!["fromStep"]!.GetValue<long>() <= to && e["toStep"]!.GetValue<long>() >= from);
    }

    private static List<string> Choose(List<string> series, IEnumerable<JsonNode> signals)
    {
        var spoken = signals.SelectMany(s => s["evidence"]!.AsArray().Select(e => (string?)e!["series"]).Prepend((string?)s["series"])).OfType<string>();
        return [.. spoken.Concat(Usual).Where(series.Contains).Distinct(StringComparer.Ordinal).DefaultIfEmpty(series.FirstOrDefault() ?? "").Where(name => name.Length > 0).Take(MostSeries)];
    }

    private static JsonObject Json(JsonNode run, long middle, long from, long to, List<JsonNode> charts, List<(JsonNode Diagnosis, JsonNode Signal)> signals) => new()
    {
        ["run"] = run["id"]?.DeepClone(),
        ["name"] = run["name"]?.DeepClone(),
        ["project"] = run["project"]?.DeepClone(),
        ["state"] = run["state"]?.DeepClone(),
        ["lastStep"] = run["lastStep"]?.DeepClone(),
        ["around"] = middle,
        ["fromStep"] = from,
        ["toStep"] = to,
        ["series"] = new JsonArray([.. charts.Select(chart => chart.DeepClone())]),
        ["diagnoses"] = new JsonArray([.. signals.Select(s => s.Diagnosis).Distinct().Select(d => d.DeepClone())]),
    };

    private static void Print(JsonNode run, long middle, long from, long to, List<JsonNode> charts, List<(JsonNode Diagnosis, JsonNode Signal)> signals)
    {
        Console.Out.WriteLine($"{(string?)run["name"]} ({(string?)run["project"]}/{(string?)run["id"]}), {(string?)run["state"]}, last step {run["lastStep"]}");
        Console.Out.WriteLine($"around step {middle}, steps {from} to {to}");
        foreach (var chart in charts)
        {
            Console.Out.WriteLine();
            var points = chart["x"]!.AsArray().Zip(chart["y"]!.AsArray(), (x, y) => ((long)x!.GetValue<double>(), y!.GetValue<double>()))
                .Concat(chart["nonFinite"]!.AsArray().Select(n => ((long)n!["x"]!.GetValue<double>(), double.NaN))).OrderBy(point => point.Item1).ToList();
            if (points.Count == 0) Console.Out.WriteLine($"{(string?)chart["name"]}: no points here");
            foreach (var line in TextPlot.Draw((string)chart["name"]!, points)) Console.Out.WriteLine(line);
            if (points.Count > 0 && points.TrueForAll(point => !double.IsFinite(point.Item2))) Console.Out.WriteLine($"{(string?)chart["name"]}: not finite at all {points.Count} points here");
        }

        Console.Out.WriteLine();
        foreach (var group in signals.GroupBy(s => s.Diagnosis))
        {
            var diagnosis = group.Key;
            Console.Out.WriteLine($"{(string?)diagnosis["severity"]}: {(string?)diagnosis["title"]} (since step {diagnosis["onsetStep"]}, {(string?)diagnosis["state"]})");
            Console.Out.WriteLine($"  {(string?)diagnosis["symptom"]}");
            foreach (var (_, signal) in group) Console.Out.WriteLine($"  {(string?)signal["id"]} on {(string?)signal["series"]}: {(string?)signal["summary"]}");
            if (diagnosis["causes"] is JsonArray { Count: > 0 } causes) Console.Out.WriteLine($"  cause: {(string?)causes[0]!["title"]} ({(string?)causes[0]!["strength"]})");
            foreach (var line in diagnosis["prescriptions"]!.AsArray()) Console.Out.WriteLine($"  do: {(string?)line}");
        }

        if (signals.Count == 0) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"no signals from step {from} to {to}"));
    }
}
