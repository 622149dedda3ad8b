using System.CommandLine;
using Tracker.Bench;
using Tracker.Bench.Diagnosis;
using Tracker.Bench.Figures;
using Tracker.Bench.Growth;
using Tracker.Bench.Soak;
using Tracker.Testing;

(string Name, string What, Func<Bench, CancellationToken, Task> Measure)[] benches =
[
    ("analyzer", "Cost of the analyzer: µs a point and bytes a series.", (bench, _) => AnalyzerFigures.MeasureAsync(bench)),
    ("ingest-rest", "Durable ingest, JSON batches of 1,000 points, 4 writers.", IngestRestFigures.MeasureAsync),
    ("ingest-grpc", "Durable ingest, batches of 1,000 points on gRPC streams, 4 writers.", IngestGrpcFigures.MeasureAsync),
    ("ingest-small", "One-step batches of 100 scalars, 100 runs at once.", IngestSmallFigures.MeasureAsync),
    ("client-log", "Log of 10 scalars in the .NET client.", ClientLogFigures.MeasureAsync),
    ("client-python", "log of 10 scalars and watch in the Python client, beside TensorBoard's way of writing.", ClientPythonFigures.MeasureAsync),
    ("live", "From a point or a fault to its message in a browser, 100 live runs.", LiveFigures.MeasureAsync),
    ("alert", "From the point that shows a fault to its message in Slack's form.", AlertFigures.MeasureAsync),
    ("charts", "A chart of a million points, and a hundred of 100,000.", ChartFigures.MeasureAsync),
    ("read", "Every point of a long series; charts of other axes and smoothings; a chart that has not changed.", ReadFigures.MeasureAsync),
    ("histograms", "A heat map of 1,000 steps × 64 bins.", HistogramFigures.MeasureAsync),
    ("storage", "Bytes a stored point takes.", StorageFigures.MeasureAsync),
    ("runs", "A table of 10,000 runs with 50 metrics each, filtered and sorted.", RunsFigures.MeasureAsync),
    ("start", "Start of the server on stored data.", StartFigures.MeasureAsync),
];

var configuration = Repository.Configuration;
if (configuration != "Release")
{
    await Console.Error.WriteLineAsync($"Figures of a {configuration} build say nothing: add -c Release.");
    return 2;
}

var seconds = new Option<double>("--seconds") { Description = "Length of one load.", DefaultValueFactory = _ => 5, Recursive = true };
var warmUp = new Option<double>("--warm-up") { Description = "Seconds of load before what is measured: the compiler's time.", DefaultValueFactory = _ => 25, Recursive = true };
var rounds = new Option<int>("--rounds") { Description = "Repetitions; the median counts.", DefaultValueFactory = _ => 3, Recursive = true };
var root = new RootCommand("Measures Tracker on a server of its own. Standard output: one JSON line a figure. Standard error: settings and progress.") { seconds, warmUp, rounds };
root.Add(CommandOf("all", "All of them, in this order.", [.. benches.Select(entry => entry.Measure)]));
foreach (var (name, what, measure) in benches) root.Add(CommandOf(name, what, [measure]));
root.Add(DurabilityCommand());
root.Add(GrowthCommand());
root.Add(DiagnosisCommand());
root.Add(FuzzCommand.Create());
root.Add(SoakCommand.Create());
return await root.Parse(args).InvokeAsync();

// These are not part of "all": they take as long as they are asked to.
Command GrowthCommand()
{
    var points = new Option<long>("--points") { Description = "Points of the last stage.", DefaultValueFactory = _ => 100_000_000 };
    var plot = new Option<string?>("--plot") { Description = "File of the drawing (SVG)." };
    var command = new Command("growth", "How cost grows from a million to a hundred million points, from 100 to 10,000 runs.") { points, plot };
    command.SetAction(async (parsed, cancel) =>
    {
        await using var bench = BenchOf(parsed);
        await GrowthFigures.MeasureAsync(bench, parsed.GetValue(points), parsed.GetValue(plot), cancel);
        return 0;
    });
    return command;
}

Command DiagnosisCommand()
{
    var corpus = new Option<string>("--corpus") { Description = "Folder with labels.json and the recorded runs that it names.", Required = true };
    var page = new Option<string?>("--write") { Description = "Page whose measured part is written anew: docs/diagnosis.md." };
    var details = new Option<string?>("--details") { Description = "File for what was missed, found late or wrongly said, run by run." };
    var command = new Command("diagnosis", "The analyzer on labelled recordings, beside the rules that other tools ship.") { corpus, page, details };
    command.SetAction(parsed => DiagnosisFigures.Measure(parsed.GetValue(corpus)!, parsed.GetValue(page), parsed.GetValue(details)));
    return command;
}

Command DurabilityCommand()
{
    var faults = new Option<int>("--faults") { Description = "How many times something is killed, cut or filled.", DefaultValueFactory = _ => 225 };
    var seed = new Option<int>("--seed") { Description = "Of the moments at which it happens.", DefaultValueFactory = _ => 1 };
    var command = new Command("durability", "Kills, cuts and full disks while six writers log; everything acknowledged must be there once.") { faults, seed };
    command.SetAction(async (parsed, cancel) =>
    {
        await DurabilityFigures.MeasureAsync(parsed.GetValue(faults), parsed.GetValue(seed), cancel);
        return 0;
    });
    return command;
}

Bench BenchOf(ParseResult parsed) => new(TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), parsed.GetValue(rounds));

Command CommandOf(string name, string what, Func<Bench, CancellationToken, Task>[] measures)
{
    var command = new Command(name, what);
    command.SetAction(async (parsed, cancel) =>
    {
        await using var bench = BenchOf(parsed);
        foreach (var measure in measures) await measure(bench, cancel);
        return 0;
    });
    return command;
}
