using System.IO.Compression;
using System.Text.Json;
using Tracker.Core.Runs;

namespace Tracker.Bench.Diagnosis;

/// <summary>Recorded runs with labels: what is wrong with each, since which step, and what else may be said of it.</summary>
/// <param name="Folder">Where <c>labels.json</c> lies; the files of the runs are named relative to it.</param>
/// <param name="Runs">The runs by id.</param>
internal sealed record LabelledRuns(string Folder, IReadOnlyDictionary<string, RunLabel> Runs)
{
    public static LabelledRuns Read(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "labels.json")));
        return new LabelledRuns(folder, json.RootElement.GetProperty("runs").EnumerateObject().OrderBy(run => run.Name, StringComparer.Ordinal)
            .ToDictionary(run => run.Name, run => RunLabel.Read(run.Value)));
    }

    /// <summary>The config and all steps of a run.</summary>
    public (string Config, List<RecordedStep> Steps) Open(RunLabel label)
    {
        using Stream file = File.OpenRead(Path.Combine(Folder, label.File));
        using var reader = new StreamReader(label.File.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        var run = RecordedRun.Open(reader);
        return (run.Config, [.. run.ReadSteps()]);
    }
}

/// <summary>What is known of a run.</summary>
/// <param name="File">Its recording.</param>
/// <param name="Healthy">Nothing is wrong with it.</param>
/// <param name="Conditions">What has to be found.</param>
/// <param name="Allowed">What may be said besides.</param>
/// <param name="Causes">Root causes that count as right; empty where they are not known.</param>
internal sealed record RunLabel(string File, bool Healthy, IReadOnlyList<LabelledCondition> Conditions, IReadOnlyList<string> Allowed, IReadOnlyList<string> Causes)
{
    public static RunLabel Read(JsonElement label) => new(
        label.GetProperty("file").GetString()!,
        label.GetProperty("healthy").GetBoolean(),
        [.. label.GetProperty("conditions").EnumerateArray().Select(condition => new LabelledCondition(
            condition.GetProperty("id").GetString()!, Step(condition, "onset_step"), Step(condition, "latest_ok_step")))],
        Words(label, "allowed"),
        Words(label, "causes"));

    private static long? Step(JsonElement condition, string name) =>
        condition.TryGetProperty(name, out var step) && step.ValueKind == JsonValueKind.Number ? step.GetInt64() : null;

    private static string[] Words(JsonElement label, string name) =>
        label.TryGetProperty(name, out var words) ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [];
}

/// <param name="Id">What is wrong, in the words of the labels, which are coarser than the catalogue's.</param>
/// <param name="Onset">First step at which it shows; null where that is not known.</param>
/// <param name="LatestInTime">Found later than this counts as late.</param>
internal sealed record LabelledCondition(string Id, long? Onset, long? LatestInTime);
