using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>loss-down-acc-stall</c>, <c>acc-up-loss-stall</c>, <c>val-loss-up-acc-flat</c> and <c>metric-implementation</c>.</summary>
public sealed record LossAgainstAccuracyOptions
{
    /// <summary>Evaluations that the two trends are taken from. Default 8.</summary>
    public int Evaluations { get; init; } = 8;

    /// <summary>Change of the loss over these, as a part of its descent, that counts as movement. Default 0.05; a fifth of it counts as none.</summary>
    public double LossMoves { get; init; } = 0.05;

    /// <summary>Change of the accuracy that counts as movement, 0 to 1. Default 0.02; half of it counts as none.</summary>
    public double AccuracyMoves { get; init; } = 0.02;

    /// <summary>Accuracy above which a stall is only the ceiling. Default 0.95.</summary>
    public double Ceiling { get; init; } = 0.95;

    /// <summary>Rise of the loss above its best, as a part of it, and half of it as a part of its descent. Default 0.05.</summary>
    public double Rise { get; init; } = 0.05;

    /// <summary>Fall of the loss from where it began, or from log(classes) where that is less, as a part of it, with which accuracy must have left chance. Default 0.3.</summary>
    public double Learned { get; init; } = 0.3;

    /// <summary>Accuracy above chance that still counts as chance, 0 to 1. Default 0.05.</summary>
    public double Chance { get; init; } = 0.05;

    /// <summary>Evaluations in a row at chance; 15 % of those expected, at least 3, where that is less. Default 6.</summary>
    public int AtChance { get; init; } = 6;
}

/// <summary>Validation loss and validation accuracy that tell different stories: one moves and the other does not.</summary>
internal sealed class LossAgainstAccuracy(LossAgainstAccuracyOptions options) : EvaluationDetector
{
    public const string LossDown = "loss-down-acc-stall";
    public const string AccuracyUp = "acc-up-loss-stall";
    public const string LossUp = "val-loss-up-acc-flat";
    public const string Metric = "metric-implementation";

    private Alarm _lossDown;
    private Alarm _accuracyUp;
    private Alarm _lossUp;
    private Alarm _metric;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        if (run.First(RoleKind.ValAccuracy) is not { Finite: >= 3 } accuracy) return;
        LookAtMetric(run, series, accuracy, pairs, step);
        LookAtRise(run, series, accuracy, pairs, step);
        if (pairs.Count < options.Evaluations || accuracy.Trend!.Tail.Count < options.Evaluations) return;
        Span<double> losses = stackalloc double[options.Evaluations];
        Span<double> accuracies = stackalloc double[options.Evaluations];
        pairs.LastValidation(losses);
        accuracy.Trend.Tail.CopyLast(accuracies);
        LookAtStalls(run, series, accuracy, pairs, step, losses, accuracies);
    }

    public override void Sync(StateStream s)
    {
        _lossDown.Sync(s);
        _accuracyUp.Sync(s);
        _lossUp.Sync(s);
        _metric.Sync(s);
    }

    /// <summary>The loss has learnt and the accuracy says nothing was: the accuracy is computed wrongly.</summary>
    private void LookAtMetric(RunContext run, SeriesState series, SeriesState accuracy, Evaluations pairs, long step)
    {
        var known = run.Hints.Classes is not null && run.Hints.MayBeCrossEntropy;
        var chance = known ? 1 / run.Hints.Classes!.Value : Math.Min(0.1, accuracy.First);
        var start = known ? Math.Min(pairs.Start, Math.Log(run.Hints.Classes!.Value)) : pairs.Start;
        var fallen = start - pairs.Level;
        var now = accuracy.LastFinite;
        var learned = now <= chance + options.Chance && fallen >= (known ? options.Learned : 2 * options.Learned) * Math.Abs(start) && fallen >= 5 * pairs.Noise;
        switch (_metric.Update(learned, now > chance + 2 * options.Chance, step, InARow(run, series, options.AtChance, 3), 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Metric,
                    // Without the number of classes, an exact match of many parts may rightly stay at nothing for long.
                    Severity = known ? Severity.Warn : Severity.Info,
                    Series = accuracy.Name,
                    Step = step,
                    OnsetStep = _metric.Onset,
                    Title = $"Accuracy stays at {Numbers.Text(now)} though the loss has learnt",
                    Summary = $"{series.Name} fell from {Numbers.Text(start)} to {Numbers.Text(pairs.Level)}, but {accuracy.Name} is {Numbers.Text(now)}, no better than guessing, {Numbers.Text(chance)}: the metric is computed wrongly.",
                    Evidence =
                    [
                        new Evidence(series.Name, pairs.Validation.Step(pairs.Count - 1), step, "fall of the validation loss", Numbers.Round6(fallen), Numbers.Round6(options.Learned * Math.Abs(start))),
                        new Evidence(accuracy.Name, _metric.Onset, step, "validation accuracy", Numbers.Round6(now), Numbers.Round6(chance + options.Chance)),
                    ],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Metric, accuracy.Name);
                break;
        }
    }

    /// <summary>The loss rises while as many answers are right as before: the wrong ones are given with more and more confidence.</summary>
    private void LookAtRise(RunContext run, SeriesState series, SeriesState accuracy, Evaluations pairs, long step)
    {
        if (pairs.SinceBest == 0)
        {
            if (_lossUp.Update(false, true, step) == AlarmChange.Cleared) run.Signals.Clear(LossUp, series.Name);
            return;
        }
        if (_lossUp.IsOpen || pairs.Total < 6 || pairs.SinceBest < Math.Max(5, pairs.Total / 20)) return;
        var rise = ValidationRise.Of(pairs, options.Rise);
        var change = ValidationRise.AccuracySinceBest(run, step);
        var holds = change > -ValidationRise.AccuracyFall(run, options.AccuracyMoves);
        var explained = Grokking.MayYetGrok(run) || run.Signals.IsActive(Grokking.CandidateId) || run.Signals.IsActive(ValErratic.Id)
            || run.Signals.IsActive(LossDivergence.Id) || !pairs.TrainingHolds();
        if (_lossUp.Update(rise.Holds && holds && !explained, false, step) != AlarmChange.Raised) return;
        run.Signals.Raise(new Signal
        {
            Id = LossUp,
            Severity = Severity.Warn,
            Series = series.Name,
            Step = step,
            OnsetStep = pairs.BestStep,
            Title = $"Validation loss rises since step {pairs.BestStep} while accuracy holds",
            Summary = $"{series.Name} was best at step {pairs.BestStep} ({Numbers.Text(pairs.Best)}) and has risen to {Numbers.Text(rise.Level)}, while {accuracy.Name} went from {Numbers.Text(Evaluations.LevelAt(accuracy, pairs.BestStep))} to {Numbers.Text(Evaluations.LevelAt(accuracy, step))}: the model grows too sure of its wrong answers.",
            Evidence =
            [
                new Evidence(series.Name, pairs.BestStep, step, "rise above the best validation loss", Numbers.Round6(rise.Amount), Numbers.Round6(rise.Needed)),
                new Evidence(accuracy.Name, pairs.BestStep, step, "change of validation accuracy", Numbers.Round6(change), -options.AccuracyMoves),
            ],
        });
    }

    private void LookAtStalls(RunContext run, SeriesState series, SeriesState accuracy, Evaluations pairs, long step, ReadOnlySpan<double> losses, ReadOnlySpan<double> accuracies)
    {
        var (lossTrend, accuracyTrend) = (Statistics.MannKendall(losses), Statistics.MannKendall(accuracies));
        var (lossChange, accuracyChange) = (losses[^1] - losses[0], accuracies[^1] - accuracies[0]);
        var moves = Math.Max(options.LossMoves * pairs.Descent, pairs.Noise);
        var down = lossTrend <= -2.33 && -lossChange >= moves && Math.Abs(accuracyTrend) < 1.64 && Math.Abs(accuracyChange) <= options.AccuracyMoves / 2
            && accuracy.LastFinite < options.Ceiling && !_metric.IsOpen;
        var onset = pairs.Validation.Step(options.Evaluations - 1);
        if (Note(run, ref _lossDown, down, accuracyTrend >= 2.33 || lossTrend > -1.64, LossDown, accuracy.Name, step))
        {
            Tell(run, LossDown, accuracy.Name, step, onset, "Validation loss falls, accuracy does not move",
                $"{series.Name} fell from {Numbers.Text(losses[0])} to {Numbers.Text(losses[^1])} in {losses.Length} evaluations while {accuracy.Name} stayed at {Numbers.Text(accuracies[^1])}: confidence moves, decisions do not.",
                new Evidence(series.Name, onset, step, "fall of the validation loss", Numbers.Round6(-lossChange), Numbers.Round6(moves)));
        }
        var up = accuracyTrend >= 2.33 && accuracyChange >= options.AccuracyMoves && Math.Abs(lossTrend) < 1.64 && Math.Abs(lossChange) < Math.Max(options.LossMoves / 5 * pairs.Descent, pairs.Noise);
        if (Note(run, ref _accuracyUp, up, lossTrend <= -2.33 || accuracyTrend < 1.64, AccuracyUp, accuracy.Name, step))
        {
            Tell(run, AccuracyUp, accuracy.Name, step, onset, "Accuracy rises, validation loss does not move",
                $"{accuracy.Name} rose from {Numbers.Text(accuracies[0])} to {Numbers.Text(accuracies[^1])} in {losses.Length} evaluations while {series.Name} stayed at {Numbers.Text(losses[^1])}: more answers are right, not yet with confidence.",
                new Evidence(accuracy.Name, onset, step, "rise of the validation accuracy", Numbers.Round6(accuracyChange), options.AccuracyMoves));
        }
    }

    /// <summary>Whether the note has to be told now.</summary>
    private static bool Note(RunContext run, ref Alarm alarm, bool raise, bool clear, string id, string series, long step)
    {
        var change = alarm.Update(raise, clear, step, 1, 2);
        if (change == AlarmChange.Cleared) run.Signals.Clear(id, series);
        return change == AlarmChange.Raised;
    }

    private static void Tell(RunContext run, string id, string series, long step, long onset, string title, string summary, Evidence evidence) =>
        run.Signals.Raise(new Signal { Id = id, Severity = Severity.Info, Series = series, Step = step, OnsetStep = onset, Title = title, Summary = summary, Evidence = [evidence] });
}
