using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>underfitting</c>.</summary>
public sealed record UnderfittingOptions
{
    /// <summary>Fewest evaluations. Default 8.</summary>
    public int Evaluations { get; init; } = 8;

    /// <summary>Share of the run before which nothing is said, where its length is known. Default 0.4.</summary>
    public double FromProgress { get; init; } = 0.4;

    /// <summary>Distance of the two losses, as a part of the training loss, that counts as none. Default 0.1.</summary>
    public double Gap { get; init; } = 0.1;

    /// <summary>Descent in the last third of the run, as a part of the whole descent, that counts as flat. Default 0.15.</summary>
    public double Flat { get; init; } = 0.15;

    /// <summary>Training loss over log(classes) that is high. Default 0.7; 0.8 where no accuracy is logged.</summary>
    public double High { get; init; } = 0.7;

    /// <summary>Best accuracy, as a part of what lies between chance and 1, that is low. Default 0.3: half of the labels wrong still leaves 0.5.</summary>
    public double Skill { get; init; } = 0.3;

    /// <summary>Where there are no classes: training loss over the first one that is high, for a note. Default 0.5.</summary>
    public double HighOfStart { get; init; } = 0.5;
}

/// <summary>Both losses high, close together and flat: the model is too small for the task, held back too hard, or fed with noise.</summary>
internal sealed class Underfitting(UnderfittingOptions options) : EvaluationDetector
{
    public const string Id = "underfitting";
    private const int FewestPoints = 12;

    private Alarm _alarm;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        // A dozen points of training say little about flatness, however many evaluations lie between them.
        if (pairs.Total < options.Evaluations || run.Loss!.Finite < FewestPoints || (run.Progress < options.FromProgress && !_alarm.IsOpen)) return;
        if (!_alarm.IsOpen && (run.Rate.IsAnnealed || run.Signals.IsActive(LossDivergence.Id) || NeverLearned(run))) return;
        var (training, validation) = (pairs.TrainingLevel, pairs.Level);
        var close = Math.Abs(validation - training) <= Math.Max(2 * (pairs.Noise + pairs.TrainingNoise), options.Gap * Math.Abs(training));
        var (high, certain) = High(run, pairs, training);
        switch (_alarm.Update(high && close && IsFlat(pairs, certain ? options.Flat : options.Flat / 3), !high, step, 2, 2))
        {
            case AlarmChange.Raised:
                Raise(run, series, pairs, step, certain);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    private static bool NeverLearned(RunContext run) =>
        run.Signals.IsActive(PlateauFromStart.Id) || run.Signals.IsActive(ChanceLevelPlateau.Id) || run.Signals.IsActive(ConstantLoss.Id) || run.Signals.IsActive(ZeroGradient.Id);

    private void Raise(RunContext run, SeriesState series, Evaluations pairs, long step, bool certain)
    {
        var (training, validation) = (pairs.TrainingLevel, pairs.Level);
        var against = certain ? run.ChanceLoss!.Value : pairs.FirstTraining;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            // A flat regression may have reached the noise of its targets: nothing logged tells.
            Severity = certain ? Severity.Warn : Severity.Info,
            Series = run.Loss!.Name,
            Step = step,
            OnsetStep = _alarm.Onset,
            Title = $"Both losses are flat and high: {Numbers.Text(training)} in training, {Numbers.Text(validation)} in validation",
            Summary = $"Training and validation loss lie together at {Numbers.Text(training)} and {Numbers.Text(validation)}, {Numbers.Percent(training / against)} of {(certain ? "guessing" : "where they began")}, and hardly move{Accuracy(run)}.",
            Evidence = [new Evidence(run.Loss.Name, _alarm.Onset, step, certain ? "training loss over log(classes)" : "training loss over its first level", Numbers.Round6(training / against), certain ? options.High : options.HighOfStart)],
        });
    }

    private static string Accuracy(RunContext run) => BestAccuracy(run) is { } best ? $"; the best accuracy so far is {Numbers.Text(best)}" : "";

    /// <summary>Whether the level is high, and whether log(classes) says so rather than the first loss.</summary>
    private (bool High, bool Certain) High(RunContext run, Evaluations pairs, double training)
    {
        if (run.ChanceLoss is not { } chance) return (training > options.HighOfStart * pairs.FirstTraining && pairs.FirstTraining > 0, false);
        if (BestAccuracy(run) is not { } best) return (training > 0.8 * chance, true);
        var guessing = 1 / run.Hints.Classes!.Value;
        return (training > options.High * chance && (best - guessing) / (1 - guessing) < options.Skill, true);
    }

    private static double? BestAccuracy(RunContext run)
    {
        var (training, validation) = (run.First(RoleKind.TrainAccuracy), run.First(RoleKind.ValAccuracy));
        if (training is not { Finite: > 0 } && validation is not { Finite: > 0 }) return null;
        return Math.Max(training is { Finite: > 0 } ? training.Max : 0, validation is { Finite: > 0 } ? validation.Max : 0);
    }

    /// <summary>Both losses gained little in the last third of the steps.</summary>
    private static bool IsFlat(Evaluations pairs, double flat)
    {
        var steps = pairs.Validation;
        var from = steps.Step(0) - (steps.Step(0) - steps.Step(steps.Count - 1)) / 3;
        var skip = 0;
        while (skip < steps.Count - 1 && steps.Step(skip) > from) skip++;
        return steps.Median(3, skip) - pairs.Level <= Math.Max(flat * pairs.Descent, 2 * pairs.Noise)
            && pairs.Training.Median(3, skip) - pairs.TrainingLevel <= Math.Max(flat * pairs.TrainingDescent, 2 * pairs.TrainingNoise);
    }
}
