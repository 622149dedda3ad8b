using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>A detector that judges once an evaluation, by the run's first validation loss and the training loss paired with it.</summary>
internal abstract class EvaluationDetector : Detector
{
    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (run.Evaluations.IsNew && !run.IsGame && ReferenceEquals(series, run.First(RoleKind.ValLoss))) Judge(run, series, run.Evaluations, point.Step);
    }

    /// <summary>So many evaluations in a row, or 15 % of those that the run will have where that is less, but at least <paramref name="least"/>.</summary>
    protected static int InARow(RunContext run, SeriesState series, int wanted, int least) =>
        run.TotalSteps is { } total ? Math.Clamp((int)(0.15 * total / series.Stride), least, wanted) : wanted;

    /// <param name="run">The run.</param>
    /// <param name="series">The first validation loss.</param>
    /// <param name="pairs">Its evaluations, the new one included.</param>
    /// <param name="step">Step of the new one.</param>
    protected abstract void Judge(RunContext run, SeriesState series, Evaluations pairs, long step);
}
