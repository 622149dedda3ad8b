using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;

namespace Tracker.Bench.Diagnosis;

/// <summary>
/// The rules that other tools ship, with their defaults, on the same recordings: a z-score of 3 over 30 points (W&amp;B automations), a loss that
/// does not fall over 10 steps (SageMaker's LossNotDecreasing), validation above training by a tenth (SageMaker's Overfit).
/// </summary>
internal static class NaiveRules
{
    public static (string Name, Action<IReadOnlyList<RecordedStep>, Verdicts> Judge)[] All { get; } =
    [
        ("z-score of 3 over 30 points", ZScore),
        ("loss not decreasing over 10 steps", NotDecreasing),
        ("validation above training by 10 %", ValidationAbove),
    ];

    private static void ZScore(IReadOnlyList<RecordedStep> steps, Verdicts verdicts)
    {
        var window = new Queue<double>();
        foreach (var (step, value) in Series(steps, RoleKind.TrainLoss))
        {
            if (window.Count == 30)
            {
                var mean = window.Average();
                var deviation = Math.Sqrt(window.Average(x => (x - mean) * (x - mean)));
                if (!double.IsFinite(value)) verdicts.Say("nan-after-n", step, Severity.Warn);
                else if (Math.Abs(value - mean) > 3 * deviation) verdicts.Say("loss-spike", step, Severity.Warn);
                window.Dequeue();
            }

            if (double.IsFinite(value)) window.Enqueue(value);
        }
    }

    private static void NotDecreasing(IReadOnlyList<RecordedStep> steps, Verdicts verdicts)
    {
        var last = new Queue<double>();
        foreach (var (step, value) in Series(steps, RoleKind.TrainLoss))
        {
            last.Enqueue(value);
            if (last.Count <= 10) continue;
            if (value >= last.Dequeue()) verdicts.Say("stuck-after-drop", step, Severity.Warn);
        }
    }

    private static void ValidationAbove(IReadOnlyList<RecordedStep> steps, Verdicts verdicts)
    {
        var train = double.NaN;
        foreach (var recorded in steps)
        {
            foreach (var column in recorded.Batch.Scalars)
            {
                var role = SeriesRoles.Recognize(column.Name)?.Kind;
                if (role == RoleKind.TrainLoss) train = column.Values[0];
                if (role == RoleKind.ValLoss && (column.Values[0] - train) / train > 0.1) verdicts.Say("overfitting", recorded.Step ?? 0, Severity.Warn);
            }
        }
    }

    private static IEnumerable<(long Step, double Value)> Series(IReadOnlyList<RecordedStep> steps, RoleKind role) =>
        from recorded in steps
        from column in recorded.Batch.Scalars
        where SeriesRoles.Recognize(column.Name)?.Kind == role
        select (column.Steps[0], column.Values[0]);
}
