using System.Globalization;
using System.Text;

namespace Tracker.Client.Probes;

/// <summary>A point of the card; <paramref name="Passed"/> is null where it could not be checked.</summary>
public sealed record ChecklistPoint(string Name, bool? Passed, string Told);

/// <summary>What is to be checked. What is left null is shown as unknown, never as passed.</summary>
public sealed class ChecklistSubject
{
    /// <summary>1: sizes of an output, and as they should be (−1 is any size).</summary>
    public (long[] Output, long[] Expected)? Shape { get; init; }

    /// <summary>2: loss of one batch, without training on it; with <see cref="TrainOnBatch"/>.</summary>
    public Func<double>? BatchLoss { get; init; }

    /// <summary>2 and 3: one optimizer step on that batch; gives the loss before it.</summary>
    public Func<double>? TrainOnBatch { get; init; }

    /// <summary>2 and 3: puts model and optimizer back as they were; without it these two are not run.</summary>
    public Action? Restore { get; init; }

    /// <summary>3: steps at most. Default: 200.</summary>
    public int OverfitSteps { get; init; } = 200;

    /// <summary>4 and 5: inputs of a batch.</summary>
    public ReadOnlyMemory<float>? Inputs { get; init; }

    /// <summary>6: hashes of the training samples, by <see cref="Health.Hash"/>.</summary>
    public IEnumerable<ulong>? TrainHashes { get; init; }

    /// <summary>6 and 7: hashes of the validation samples in the order of a pass; is called twice.</summary>
    public Func<IEnumerable<ulong>>? ValidationHashes { get; init; }

    /// <summary>6: hashes of the test samples.</summary>
    public IEnumerable<ulong>? TestHashes { get; init; }

    /// <summary>8: mode of the model and of its modules: true is training.</summary>
    public Func<IEnumerable<bool>>? IsTraining { get; init; }

    /// <summary>9: state of the scheduler as it is saved, put into a new scheduler and saved again; the two must be equal.</summary>
    public Func<(string Saved, string SavedAgain)>? SchedulerRoundTrip { get; init; }

    /// <summary>10: whether the run logs the rate. Default: whether a series <c>lr</c> or <c>lr/…</c> has been logged so far.</summary>
    public bool? LogsRate { get; init; }
}

/// <summary>The ten points before a long run: one call that prints and logs a card.</summary>
public sealed class Checklist
{
    private readonly TrackerRun? _run;
    private readonly ChecklistSubject _subject;

    private Checklist(TrackerRun? run, ChecklistSubject subject) => (_run, _subject) = (run, subject);

    /// <summary>Checks what can be checked. Each point's probe is logged by itself, and the card as the event <c>checklist</c>.</summary>
    /// <param name="run">Gets the results; null: nothing is logged.</param>
    /// <param name="subject">What there is to check.</param>
    /// <param name="output">Where the card is printed. Default: the console.</param>
    public static ChecklistCard Check(TrackerRun? run, ChecklistSubject subject, TextWriter? output = null)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var check = new Checklist(run, subject);
        var card = new ChecklistCard(
        [
            Point("output shape", check.Shape),
            Point("first step lowers the loss", check.FirstStep),
            Point("one batch learnt by heart", check.Overfit),
            Point("inputs are finite", check.FiniteInputs),
            Point("inputs are normalised", check.NormalisedInputs),
            Point("splits are disjoint", check.Splits),
            Point("no augmentation on validation", check.Augmentation),
            Point("training mode", check.Mode),
            Point("scheduler in the checkpoint", check.Scheduler),
            Point("learning rate is logged", check.Rate),
        ]);
        run.LogProbe("checklist", null, ("points", card.Points.Select(p => new Dictionary<string, object?> { ["name"] = p.Name, ["passed"] = p.Passed, ["told"] = p.Told }).ToArray()));
        (output ?? Console.Out).WriteLine(card);
        return card;
    }

    private static ChecklistPoint Point(string name, Func<(bool?, string)> check)
    {
        try
        {
            var (passed, told) = check();
            return new ChecklistPoint(name, passed, told);
        }
        catch (Exception error)
        {
            // One check that breaks says nothing about the others, nor that its own point failed.
            return new ChecklistPoint(name, null, $"could not be checked: {error.GetType().Name}: {error.Message}");
        }
    }

    private (bool?, string) Shape() => _subject.Shape is not { } shape
        ? (null, "not given")
        : (SanityChecks.OutputShape(_run, shape.Output, shape.Expected), $"{Sizes(shape.Output)}, expected {Sizes(shape.Expected)}");

    private (bool?, string) FirstStep()
    {
        if (_subject is not { BatchLoss: { } loss, TrainOnBatch: { } train, Restore: { } restore }) return (null, "not given");
        var (before, after) = (double.NaN, double.NaN);
        try
        {
            var fell = SanityChecks.FirstStep(_run, () => double.IsNaN(before) ? before = loss() : after = loss(), () => train());
            return (fell, string.Create(CultureInfo.InvariantCulture, $"{before:G4} before, {after:G4} after"));
        }
        finally
        {
            restore();
        }
    }

    private (bool?, string) Overfit()
    {
        if (_subject is not { TrainOnBatch: { } train, Restore: { } restore }) return (null, "not given");
        var result = SanityChecks.OverfitOneBatch(_run, train, restore, _subject.OverfitSteps);
        return (result.Passed, string.Create(CultureInfo.InvariantCulture, $"{result.Start:G4} to {result.End:G4} in {result.Steps} steps"));
    }

    private (bool?, string) FiniteInputs()
    {
        if (_subject.Inputs is not { } inputs) return (null, "not given");
        // Logs input-stats too, for the next point.
        var findings = new BatchValidation(_run).Check(0, inputs.Span);
        return (findings.NanInputs + findings.InfiniteInputs == 0, $"{findings.NanInputs + findings.InfiniteInputs} of {inputs.Length} not finite");
    }

    private (bool?, string) NormalisedInputs()
    {
        if (_subject.Inputs is not { } inputs) return (null, "not given");
        var (mean, deviation) = Numbers.Spread(inputs.Span);
        return (Math.Abs(mean) <= 0.5 && deviation is >= 0.5 and <= 2, string.Create(CultureInfo.InvariantCulture, $"mean {mean:G3}, deviation {deviation:G3}"));
    }

    private (bool?, string) Splits()
    {
        if (_subject is not { TrainHashes: { } trainHashes, ValidationHashes: { } validationHashes }) return (null, "not given");
        var (train, validation, test) = (trainHashes.ToHashSet(), validationHashes().ToList(), _subject.TestHashes?.ToList());
        var overlap = validation.Count(train.Contains);
        var leaked = test?.Count(train.Contains) ?? 0;
        _run.LogProbe("splits", null, ("train", train.Count), ("val", validation.Count), ("test", test?.Count), ("overlap", overlap), ("test_overlap", test is null ? null : leaked));
        return (overlap + leaked == 0, $"{overlap} of {validation.Count} validation samples{(test is null ? "" : $" and {leaked} of {test.Count} test samples")} are in the training set");
    }

    private (bool?, string) Augmentation()
    {
        if (_subject.ValidationHashes is not { } pass) return (null, "not given");
        var (first, second) = (pass().ToList(), pass().ToList());
        var differ = first.Zip(second).Count(pair => pair.First != pair.Second) + Math.Abs(first.Count - second.Count);
        _run.LogProbe("augmentation", null, ("split", "val"), ("differs", differ > 0), ("count", differ));
        return (differ == 0, differ == 0 ? $"two passes over {first.Count} samples are equal" : $"{differ} of {first.Count} samples differ between two passes");
    }

    private (bool?, string) Mode()
    {
        if (_subject.IsTraining is not { } modes) return (null, "not given");
        var wrong = modes().Count(isTraining => !isTraining);
        _run.LogProbe("mode", null, ("during", "train"), ("training", wrong == 0), ("modules", wrong));
        return (wrong == 0, wrong == 0 ? "all modules" : $"{wrong} modules are in evaluation mode");
    }

    private (bool?, string) Scheduler()
    {
        if (_subject.SchedulerRoundTrip is not { } roundTrip) return (null, "not given");
        var (saved, again) = roundTrip();
        var survives = saved.Length > 0 && saved == again;
        _run.LogProbe("checkpoint", null, ("keys", survives ? new[] { "scheduler" } : []), ("missing", survives ? [] : new[] { "scheduler" }), ("scheduler", true));
        return (survives, survives ? "its state survives a round trip" : "its state is not what was saved");
    }

    private (bool?, string) Rate()
    {
        var logs = _subject.LogsRate ?? _run?.HasLogged(name => name == "lr" || name.StartsWith("lr/", StringComparison.Ordinal));
        return (logs, logs switch { true => "lr", false => "no series lr so far", _ => "no run to look at" });
    }

    private static string Sizes(long[] sizes) => $"[{string.Join(", ", sizes)}]";
}

/// <summary>Ten points, each passed, failed or unknown.</summary>
public sealed record ChecklistCard(IReadOnlyList<ChecklistPoint> Points)
{
    /// <summary>None failed; some may be unknown.</summary>
    public bool HasNoFailure => Points.All(point => point.Passed != false);

    /// <summary>The card as text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("before the run").AppendLine();
        var width = Points.Max(point => point.Name.Length);
        for (var i = 0; i < Points.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i + 1,2}  {(Points[i].Passed switch { true => "passed ", false => "FAILED ", _ => "unknown" })}  {Points[i].Name.PadRight(width)}  {Points[i].Told}").AppendLine();
        var (passed, failed) = (Points.Count(p => p.Passed == true), Points.Count(p => p.Passed == false));
        return text.Append(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed, {Points.Count - passed - failed} unknown").ToString();
    }
}
