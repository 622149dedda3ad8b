using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;
using Tracker.Core.Series;

namespace Tracker.Bench.Diagnosis;

/// <summary>The same recordings as other people would have logged them: what is true of a run stays true, so the verdicts should, too.</summary>
internal static class Habits
{
    /// <summary>A series that stands in at least this share of the lines is one of every step.</summary>
    private const double OfEveryStep = 0.5;

    public static (string Name, Func<string, IReadOnlyList<RecordedStep>, (string Config, IReadOnlyList<RecordedStep> Steps)> Change)[] All { get; } =
    [
        ("every 10th step, evaluations as they were", (config, steps) => (config, Thin(steps, 10, mean: false))),
        ("means of 10 steps", (config, steps) => (config, Thin(steps, 10, mean: true))),
        ("every 50th step, evaluations as they were", (config, steps) => (config, Thin(steps, 50, mean: false))),
        ("no config", (_, steps) => ("{}", steps)),
        ("a fourth of the evaluations", (config, steps) => (config, Seldom(steps, 4))),
        ("losses ten times as large, classes unknown", (config, steps) => (Without(config, "num_classes"), Scale(steps, 10))),
        ("length of the run unknown", (config, steps) => (Without(config, "total_steps"), steps)),
        ("names of Keras", (config, steps) => (config, Rename(steps, Names.Keras))),
        ("names of Hugging Face", (config, steps) => (config, Rename(steps, Names.HuggingFace))),
        ("names of MosaicML", (config, steps) => (config, Rename(steps, Names.Composer))),
        ("names as people write them", (config, steps) => (config, Rename(steps, Names.ByHand))),
    ];

    /// <summary>Series of every step are kept at each n-th one only, or as the mean since the one before; what comes more seldom stays.</summary>
    private static IReadOnlyList<RecordedStep> Thin(IReadOnlyList<RecordedStep> steps, int every, bool mean)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var column in steps.SelectMany(recorded => recorded.Batch.Scalars)) counts[column.Name] = counts.GetValueOrDefault(column.Name) + 1;
        var sums = new Dictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        return Each(steps, (step, column) =>
        {
            if (counts[column.Name] < OfEveryStep * steps.Count) return column;
            var (sum, count) = sums.GetValueOrDefault(column.Name);
            (sum, count) = (sum + column.Values[0], count + 1);
            var kept = step % every == 0 ? column : null;
            sums[column.Name] = kept is null ? (sum, count) : default;
            return kept is null || !mean || SeriesRoles.Recognize(column.Name)?.Kind is RoleKind.LearningRate or RoleKind.Epoch
                ? kept
                : new ScalarColumn(column.Name, column.Steps, column.Times, [sum / count]);
        });
    }

    private static IReadOnlyList<RecordedStep> Seldom(IReadOnlyList<RecordedStep> steps, int every)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return Each(steps, (_, column) => SeriesRoles.Recognize(column.Name)?.Kind
            is not (RoleKind.ValLoss or RoleKind.ValAccuracy or RoleKind.TrainAccuracy or RoleKind.CalibrationError or RoleKind.ClassAccuracy or RoleKind.TaskLoss or RoleKind.TaskAccuracy)
            || (seen[column.Name] = seen.GetValueOrDefault(column.Name) + 1) % every == 0 ? column : null);
    }

    private static IReadOnlyList<RecordedStep> Scale(IReadOnlyList<RecordedStep> steps, double factor) => Each(steps, (_, column) =>
        SeriesRoles.Recognize(column.Name)?.Kind is RoleKind.TrainLoss or RoleKind.ValLoss or RoleKind.TaskLoss or RoleKind.PartLoss
            ? new ScalarColumn(column.Name, column.Steps, column.Times, [column.Values[0] * factor])
            : column);

    private static IReadOnlyList<RecordedStep> Rename(IReadOnlyList<RecordedStep> steps, Func<SeriesRole, string?> names)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        return Each(steps, (_, column) =>
        {
            if (!known.TryGetValue(column.Name, out var name))
            {
                known.Add(column.Name, name = SeriesRoles.Recognize(column.Name) is { } role ? names(role) ?? column.Name : column.Name);
            }
            return new ScalarColumn(name, column.Steps, column.Times, column.Values);
        });
    }

    private static IReadOnlyList<RecordedStep> Each(IReadOnlyList<RecordedStep> steps, Func<long, ScalarColumn, ScalarColumn?> change) =>
    [
        .. steps.Select(recorded => recorded with
        {
            Batch = new LogBatch
            {
                Scalars = [.. recorded.Batch.Scalars.Select(column => change(recorded.Step ?? 0, column)).OfType<ScalarColumn>()],
                Histograms = recorded.Batch.Histograms,
                Events = recorded.Batch.Events,
            },
        }),
    ];

    private static string Without(string config, string key)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(config)!.AsObject();
        json.Remove(key);
        return json.ToJsonString();
    }
}
