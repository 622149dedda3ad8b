using System.Globalization;
using System.Text.RegularExpressions;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>
/// A run written in a few lines: each series is one line of tokens, one value a step.
/// <c>2.3</c> one value · <c>2.3x20</c> twenty times · <c>2.3-0.1x20</c> twenty values from 2.3 on, each 0.1 less ·
/// <c>2.3~0.05x20</c> with noise of deviation 0.05 · <c>2.3&gt;0.1~0.05x300</c> an exponential descent that arrives ·
/// <c>NaNx3 Infinity -Infinity</c> · <c>_x19</c> no point. In a line of histograms, <c>0.5~2x10</c> is ten of a normal distribution: centre and deviation.
/// Steps come a second apart.
/// </summary>
internal sealed partial class Script
{
    private readonly List<(string Name, double?[] Values)> _series = [];
    private readonly List<(long Step, RunEvent Event)> _events = [];
    private readonly List<HistogramPoint> _histograms = [];
    private readonly List<(long Step, double Seconds)> _pauses = [];
    private string _config = "{}";
    private string? _end;

    public Script Config(string json)
    {
        _config = json;
        return this;
    }

    /// <param name="every">Logs only every so-manieth step; the tokens still are one value a logged step.</param>
    public Script Series(string name, string line, int every = 1)
    {
        var values = Expand(line, name);
        _series.Add((name, every == 1 ? values : [.. Enumerable.Range(0, values.Length * every).Select(i => i % every == 0 ? values[i / every] : null)]));
        return this;
    }

    public Script Event(long step, string kind, string? data = null, string name = "", string? level = null)
    {
        _events.Add((step, new RunEvent { Kind = kind, Name = name, Level = level, Step = step, Data = data, Time = step * 1000 }));
        return this;
    }

    /// <summary>The result of a probe, as <c>docs/probes.md</c> describes it.</summary>
    public Script Probe(long step, string name, string data) => Event(step, "probe", data, name);

    /// <summary>Normal distributions, each as 64 bins from four deviations below the centre to four above.</summary>
    public Script Histograms(string name, string line, int every = 1)
    {
        var step = 0L;
        foreach (var token in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var match = Token().Match(token);
            var count = match.Groups["count"].Success ? int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) : 1;
            for (var i = 0; i < count; i++, step += every)
            {
                if (match.Groups["start"].Value == "_") continue;
                var (centre, deviation) = (Number(match, "start") + i * Number(match, "slope"), Math.Max(Number(match, "noise"), 1e-12));
                Histogram(name, step, [.. Enumerable.Range(0, 65).Select(b => centre + (b - 32) / 8.0 * deviation)],
                    [.. Enumerable.Range(0, 64).Select(b => Math.Round(1e6 * Math.Exp(-Math.Pow((b - 31.5) / 8.0, 2) / 2)))]);
            }
        }
        return this;
    }

    public Script Histogram(string name, long step, double[] edges, double[] counts)
    {
        _histograms.Add(new HistogramPoint { Name = name, Step = step, Time = step * 1000, Edges = edges, Counts = counts });
        return this;
    }

    /// <summary>From this step on everything comes so much later.</summary>
    public Script Pause(long step, double seconds)
    {
        _pauses.Add((step, seconds));
        return this;
    }

    /// <summary>The run finishes after its last step.</summary>
    public Script End(string state = "finished")
    {
        _end = state;
        return this;
    }

    /// <summary>One batch a step, the config first, as a server would store them.</summary>
    public List<StoredBatch> Batches()
    {
        var batches = new List<StoredBatch> { new(1, 0, new LogBatch { Events = [new RunEvent { Kind = "config", Data = _config }] }) };
        var steps = Math.Max(_series.Select(s => s.Values.Length).DefaultIfEmpty().Max(),
            1 + Math.Max(_histograms.Select(h => h.Step).DefaultIfEmpty().Max(), _events.Select(e => e.Step).DefaultIfEmpty().Max()));
        for (var step = 0; step < steps; step++)
        {
            var batch = new LogBatch();
            var time = step * 1000L + (long)(1000 * _pauses.Where(p => p.Step <= step).Sum(p => p.Seconds));
            foreach (var (name, values) in _series)
            {
                if (step < values.Length && values[step] is { } value) batch.Scalars.Add(new ScalarColumn(name, [step], [time], [value]));
            }
            batch.Histograms.AddRange(_histograms.Where(h => h.Step == step));
            batch.Events.AddRange(_events.Where(e => e.Step == step).Select(e => e.Event));
            if (!batch.IsEmpty) batches.Add(new StoredBatch(batches.Count + 1, 1, batch));
        }
        if (_end is not null) batches.Add(new StoredBatch(batches.Count + 1, 0, new LogBatch { Events = [new RunEvent { Kind = "finish", Data = $$"""{"state":"{{_end}}"}""" }] }));
        return batches;
    }

    public Outcome Run(AnalyzerOptions? options = null)
    {
        var analyzer = new RunAnalyzer("run", options);
        var events = new List<DiagnosisEvent>();
        foreach (var batch in Batches()) events.AddRange(analyzer.Fold(batch));
        // What the catalogue says of severities is held by every script there is.
        foreach (var signal in analyzer.Diagnoses.SelectMany(d => d.Signals)) Conditions.Find(signal.Id)!.Severities.ShouldContain(signal.Severity, signal.Id);
        var blind = Visibility.Of(_config, [.. _series.Select(s => (s.Name, false)), .. _histograms.Select(h => (h.Name, true))], _events.Select(e => (e.Event.Kind, e.Event.Name))).Blind;
        analyzer.Diagnoses.SelectMany(d => d.Signals).Select(s => s.Id).Intersect(blind.Select(b => b.Condition)).ShouldBeEmpty("what is raised was called invisible");
        return new Outcome(analyzer, events);
    }

    private static double?[] Expand(string line, string name)
    {
        var values = new List<double?>();
        // The noise of a series is its own and the same in every run of the tests.
        var random = new Random(name.Aggregate(17, (hash, c) => hash * 31 + c));
        foreach (var token in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var match = Token().Match(token);
            if (!match.Success) throw new FormatException($"'{token}' is no token of a series");
            var count = match.Groups["count"].Success ? int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) : 1;
            for (var i = 0; i < count; i++) values.Add(Value(match, i, count, random));
        }
        return [.. values];
    }

    private static double? Value(Match token, int index, int count, Random random)
    {
        if (token.Groups["start"].Value == "_") return null;
        var value = Number(token, "start") + index * Number(token, "slope");
        if (token.Groups["end"].Success)
        {
            var end = Number(token, "end");
            value = end + (value - end) * Math.Exp(-6.0 * index / count);
        }
        return value + Number(token, "noise") * Gauss(random);
    }

    private static double Number(Match token, string group) => token.Groups[group].Success ? double.Parse(token.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    [GeneratedRegex(@"^(?<start>_|NaN|-?Infinity|-?[0-9.]+(e-?[0-9]+)?)(?<slope>[+-][0-9.]+(e-?[0-9]+)?)?(>(?<end>[0-9.]+(e-?[0-9]+)?))?(~(?<noise>[0-9.]+(e-?[0-9]+)?))?(x(?<count>[0-9]+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}

/// <summary>What the analyzer said of a script.</summary>
internal sealed record Outcome(RunAnalyzer Analyzer, List<DiagnosisEvent> Events)
{
    /// <summary>All but the notes that almost every script has: that it is healthy, and what it does not log.</summary>
    public IReadOnlyList<RunDiagnosis> Diagnoses => [.. Analyzer.Diagnoses.Where(d => d.Cause is not ("healthy" or "not-logged"))];

    public IEnumerable<RunDiagnosis> Notes => Analyzer.Diagnoses.Except(Diagnoses);


    public IEnumerable<Signal> Signals => Diagnoses.SelectMany(d => d.Signals);

    /// <summary>Ids of all conditions raised, cleared ones included, without repetition.</summary>
    public IReadOnlyList<string> Raised => [.. Signals.Select(s => s.Id).Distinct(StringComparer.Ordinal)];

    /// <summary>The signal of a condition, of a note too.</summary>
    public Signal Signal(string id) => Analyzer.Diagnoses.SelectMany(d => d.Signals).First(s => s.Id == id);
}
