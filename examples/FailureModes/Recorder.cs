using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;

namespace FailureModes;

/// <summary>
/// Writes a run as a file that <c>tracker diagnose</c> and <c>tracker replay</c> read: a line with the config, then one a step
/// (<c>{"step", "t", "scalars": {…}, "histograms": {name: {"edges", "counts"}}}</c>), numbers to 6 digits.
/// </summary>
internal sealed class Recorder : IDisposable
{
    private const int Bins = 64;

    private readonly StreamWriter _lines;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Dictionary<string, double> _scalars = [];
    private readonly Dictionary<string, (double[] Edges, int[] Counts)> _histograms = [];
    private long? _step;

    public Recorder(string path, string run, IReadOnlyDictionary<string, object?> config)
    {
        _lines = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.SmallestSize)) { NewLine = "\n" };
        _lines.WriteLine(JsonSerializer.Serialize(new { run, config }));
    }

    public void Log(long step, ReadOnlySpan<(string Name, double Value)> values)
    {
        MoveTo(step);
        foreach (var (name, value) in values) _scalars[name] = value;
    }

    public void LogHistogram(string name, ReadOnlySpan<float> values, long step)
    {
        MoveTo(step);
        var finite = values.ToArray().Where(float.IsFinite).ToArray();
        if (finite.Length == 0) return;
        double least = finite.Min(), greatest = finite.Max();
        if (greatest <= least) (least, greatest) = (least - 0.5, greatest + 0.5);
        var edges = Enumerable.Range(0, Bins + 1).Select(i => least + ((greatest - least) * i / Bins)).ToArray();
        var counts = new int[Bins];
        foreach (var value in finite) counts[Math.Min(Bins - 1, (int)((value - least) / (greatest - least) * Bins))]++;
        _histograms[name] = (edges, counts);
    }

    public void Dispose()
    {
        WriteStep();
        _lines.Dispose();
    }

    private void MoveTo(long step)
    {
        if (step == _step) return;
        WriteStep();
        _step = step;
    }

    private void WriteStep()
    {
        if (_step is not { } step) return;
        var line = new Dictionary<string, object>
        {
            ["step"] = step,
            ["t"] = Math.Round(_time.Elapsed.TotalSeconds, 3),
            ["scalars"] = _scalars.ToDictionary(s => s.Key, s => Rounded(s.Value)),
        };
        if (_histograms.Count > 0)
            line["histograms"] = _histograms.ToDictionary(h => h.Key, h => new { edges = h.Value.Edges.Select(Rounded), counts = h.Value.Counts });
        _lines.WriteLine(JsonSerializer.Serialize(line));
        _scalars.Clear();
        _histograms.Clear();
    }

    private static object Rounded(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity" : double.Parse(value.ToString("G6"));
}
