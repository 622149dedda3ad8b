using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;
using Tracker.Core.Series;

namespace Tracker.Bench.Diagnosis;

/// <summary>Recordings with something taken away: an analyzer that reads the evidence must get worse, and only where that evidence counted.</summary>
internal static class Controls
{
    public static (string Name, Func<IReadOnlyList<RecordedStep>, IReadOnlyList<RecordedStep>> Change)[] All { get; } =
    [
        ("values of every series in random order", Shuffle),
        ("no training loss", steps => Without(steps, RoleKind.TrainLoss)),
        ("no validation", steps => Without(steps, RoleKind.ValLoss, RoleKind.ValAccuracy, RoleKind.ClassAccuracy, RoleKind.CalibrationError, RoleKind.TaskLoss, RoleKind.TaskAccuracy)),
        ("no learning rate", steps => Without(steps, RoleKind.LearningRate)),
        ("no gradient norm", steps => Without(steps, RoleKind.GradNorm)),
        ("no series of layers", steps => Without(steps, RoleKind.LayerGradNorm, RoleKind.LayerParamNorm, RoleKind.UpdateRatio, RoleKind.DeadFraction, RoleKind.SaturatedFraction, RoleKind.AttentionEntropy)),
        ("only the training loss", OnlyLoss),
    ];

    private static IReadOnlyList<RecordedStep> Without(IReadOnlyList<RecordedStep> steps, params RoleKind[] roles) =>
        Keep(steps, name => SeriesRoles.Recognize(name) is not { } role || !roles.Contains(role.Kind));

    private static IReadOnlyList<RecordedStep> OnlyLoss(IReadOnlyList<RecordedStep> steps) => Keep(steps, name => SeriesRoles.Recognize(name)?.Kind == RoleKind.TrainLoss);

    private static IReadOnlyList<RecordedStep> Keep(IReadOnlyList<RecordedStep> steps, Func<string, bool> wanted) =>
    [
        .. steps.Select(recorded => recorded with
        {
            Batch = new LogBatch
            {
                Scalars = [.. recorded.Batch.Scalars.Where(column => wanted(column.Name))],
                Histograms = [.. recorded.Batch.Histograms.Where(point => wanted(point.Name))],
                Events = recorded.Batch.Events,
            },
        }),
    ];

    private static IReadOnlyList<RecordedStep> Shuffle(IReadOnlyList<RecordedStep> steps)
    {
        var random = new Random(1);
        var values = steps.SelectMany(recorded => recorded.Batch.Scalars).GroupBy(column => column.Name)
            .ToDictionary(series => series.Key, series => new Queue<double>(series.Select(column => column.Values[0]).OrderBy(_ => random.Next())));
        return
        [
            .. steps.Select(recorded => recorded with
            {
                Batch = new LogBatch
                {
                    Scalars = [.. recorded.Batch.Scalars.Select(column => new ScalarColumn(column.Name, column.Steps, column.Times, [values[column.Name].Dequeue()]))],
                    Histograms = recorded.Batch.Histograms,
                    Events = recorded.Batch.Events,
                },
            }),
        ];
    }
}
