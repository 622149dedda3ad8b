using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>zero-train-loss</c>.</summary>
public sealed record ZeroTrainLossOptions
{
    /// <summary>Part of its start below which the training loss counts as zero. Default 0.01.</summary>
    public double Zero { get; init; } = 0.01;

    /// <summary>Part of its first value above which the validation loss is not. Default 0.2.</summary>
    public double Validation { get; init; } = 0.2;

    /// <summary>Rise of the validation loss above its best from which it is a warning and no note. Default 0.05.</summary>
    public double Rise { get; init; } = 0.05;

    /// <summary>Evaluations in a row. Default 3.</summary>
    public int Evaluations { get; init; } = 3;
}

/// <summary>The training loss has gone to zero and the validation loss has not: the training set is memorised.</summary>
internal sealed class ZeroTrainLoss(ZeroTrainLossOptions options) : Detector
{
    public const string Id = "zero-train-loss";

    private Alarm _alarm;
    private Severity _severity;
    private bool _mayGrok;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || run.IsAdversarial || !ReferenceEquals(series, run.First(RoleKind.ValLoss))) return;
        if (run.Loss is not { Trend: { Tail.Count: >= 20 } training } loss || loss.Min < 0 || series.Finite < options.Evaluations + 1) return;
        var level = training.Tail.Median(run.Window(loss, 50));
        var validation = series.Trend!.Tail.Median(3);
        var memorised = level < options.Zero * training.Start && validation > options.Validation * series.First && validation > 10 * level;
        var clear = level > 2 * options.Zero * training.Start || validation < 0.7 * options.Validation * series.First;
        // What memorised its training set under weight decay may yet find the rule; once that was possible, this stays a note.
        _mayGrok |= Grokking.MayYetGrok(run) || run.Signals.IsActive(Grokking.CandidateId);
        var rises = validation - series.Min > options.Rise * Math.Max(Math.Abs(series.Min), series.First - series.Min);
        var severity = rises && !_mayGrok ? Severity.Warn : Severity.Info;
        switch (_alarm.Update(memorised, clear, point.Step, options.Evaluations, options.Evaluations))
        {
            case AlarmChange.Raised:
            case AlarmChange.None when _alarm.IsOpen && memorised && severity > _severity:
                _severity = severity;
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = severity,
                    Series = loss.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = "The training set is memorised",
                    Summary = $"{loss.Name} is down to {Numbers.Text(level)}, from {Numbers.Text(training.Start)}, while {series.Name} is {Numbers.Text(validation)}, from {Numbers.Text(series.First)}.",
                    Evidence = [new Evidence(loss.Name, _alarm.Onset, point.Step, "training loss over its start", Numbers.Round6(level / training.Start), options.Zero)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, loss.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _mayGrok);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }
}
