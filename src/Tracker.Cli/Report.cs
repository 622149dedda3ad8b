using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;

namespace Tracker.Cli;

/// <summary>What <c>tracker diagnose</c> prints for people: the loss as a small plot, then the diagnoses.</summary>
internal sealed class Report(string run, string config)
{
    private const int Indent = 4;
    private const int Width = 100;

    private readonly List<(long Step, double Value)> _loss = [];
    private string? _lossName;
    private long _steps;
    private readonly Dictionary<string, bool> _series = new(StringComparer.Ordinal);
    private readonly HashSet<(string Kind, string Name)> _events = [];

    public void Add(RecordedStep step)
    {
        foreach (var column in step.Batch.Scalars) _series.TryAdd(column.Name, false);
        foreach (var histogram in step.Batch.Histograms) _series.TryAdd(histogram.Name, true);
        foreach (var e in step.Batch.Events) _events.Add((e.Kind, e.Name));
        if (step.Step is not null) _steps++;
        foreach (var column in step.Batch.Scalars)
        {
            _lossName ??= SeriesRoles.Recognize(column.Name) is { Kind: RoleKind.TrainLoss, Rank: 0 } ? column.Name : null;
            if (column.Name == _lossName) _loss.Add((column.Steps[0], column.Values[0]));
        }
    }

    public void Print(IReadOnlyList<RunDiagnosis> diagnoses, TextWriter output)
    {
        output.WriteLine($"{run}  {_steps} steps, {Count(diagnoses)}");
        if (_lossName is not null)
        {
            foreach (var line in TextPlot.Draw(_lossName, _loss)) output.WriteLine(line);
        }
        foreach (var diagnosis in diagnoses) Print(diagnosis, output);
        BlindSpots.Print(Visibility.Of(config, _series.Select(s => (s.Key, s.Value)), _events), output);
        output.WriteLine();
    }

    private static string Count(IReadOnlyList<RunDiagnosis> diagnoses)
    {
        var wrong = diagnoses.Count(d => d.Severity >= Severity.Warn);
        var notes = diagnoses.Count - wrong;
        var first = wrong switch { 0 => "nothing wrong", 1 => "1 diagnosis", _ => $"{wrong} diagnoses" };
        return notes == 0 ? first : $"{first}, {notes} {(notes == 1 ? "note" : "notes")}";
    }

    private static void Print(RunDiagnosis diagnosis, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"  {EventLine.Word(diagnosis.Severity).ToUpperInvariant()}  {diagnosis.Title}");
        Wrap(diagnosis.Symptom, "", output);
        foreach (var cause in diagnosis.Causes)
        {
            Wrap($"{cause.Title} ({cause.Strength})", "cause: ", output);
            foreach (var reason in cause.For) Wrap(reason, "  + ", output);
            foreach (var reason in cause.Against) Wrap(reason, "  - ", output);
        }
        foreach (var step in diagnosis.Prescriptions) Wrap(step, "do: ", output);
        Wrap(diagnosis.Check, "check: ", output);
        if (diagnosis.Next.Length > 0) Wrap(diagnosis.Next, "to be sure: ", output);
        if (diagnosis.Resolution is { } resolution) Wrap(resolution, "resolved: ", output);
    }

    internal static void Wrap(string text, string label, TextWriter output)
    {
        var line = new string(' ', Indent) + label;
        var start = line.Length;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length + word.Length + 1 > Width && line.Length > start)
            {
                output.WriteLine(line.TrimEnd());
                line = new string(' ', start);
            }
            line += word + " ";
        }
        output.WriteLine(line.TrimEnd());
    }
}
