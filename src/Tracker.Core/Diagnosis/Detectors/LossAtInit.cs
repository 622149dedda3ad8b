using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>loss-at-init</c>.</summary>
public sealed record LossAtInitOptions
{
    /// <summary>First loss over log(classes) that is noted. Default 1.5: networks initialised as usual begin at 1.05 to 1.5.</summary>
    public double Note { get; init; } = 1.5;

    /// <summary>First loss over log(classes) that is a warning. Default 2.</summary>
    public double Warn { get; init; } = 2;

    /// <summary>First loss over log(classes) below which the model seems to be trained already, a note. Default 0.5.</summary>
    public double Trained { get; init; } = 0.5;

    /// <summary>A first point later than this step, or than 0.2 % of the run, says nothing of the initialisation. Default 5.</summary>
    public long LatestStep { get; init; } = 5;
}

/// <summary>The first loss of a classifier is not that of guessing, log(classes): scale of inputs, initialisation of the last layer, or reduction of the loss.</summary>
internal sealed class LossAtInit(LossAtInitOptions options) : Detector
{
    public const string Id = "loss-at-init";

    private bool _judged;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        // The second point: by then an evaluation at the first step has come, too.
        if (_judged || series.Count < 2 || !ReferenceEquals(series, run.Loss)) return;
        _judged = true;
        if (run.ChanceLoss is not { } chance || series.NonFinite > 0 || run.IsGame || run.Generation > 0) return;
        if (series.FirstStep > Math.Max(options.LatestStep, 0.002 * (run.TotalSteps ?? 0))) return;
        var ratio = series.First / chance;
        var validation = run.First(RoleKind.ValLoss) is { Finite: > 0 } val && val.FirstStep <= series.FirstStep ? val.First / chance : ratio;
        // One batch can be unlucky: where the first evaluation is near guessing, the batch was.
        var sure = Math.Min(ratio, 1.25 * validation);
        if (sure < options.Note && ratio > options.Trained) return;
        var high = sure >= options.Note;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = sure >= options.Warn ? Severity.Warn : Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = series.FirstStep,
            Title = high ? $"The first loss is {Numbers.Text(ratio)} times that of guessing" : "The first loss is that of a trained model",
            Summary = high
                ? $"{series.Name} began at {Numbers.Text(series.First)}; guessing among {Numbers.Text(run.Hints.Classes!.Value)} classes gives {Numbers.Text(chance)}. Inputs that are not scaled, a last layer initialised too wide, or a loss that is summed rather than averaged do that."
                : $"{series.Name} began at {Numbers.Text(series.First)}, where guessing among {Numbers.Text(run.Hints.Classes!.Value)} classes gives {Numbers.Text(chance)}: the model was trained before, or the loss is scaled.",
            Evidence = [new Evidence(series.Name, series.FirstStep, series.FirstStep, "first loss over log(classes)", Numbers.Round6(ratio), high ? options.Note : options.Trained)],
        });
    }

    public override void Sync(StateStream s) => s.Sync(ref _judged);
}
