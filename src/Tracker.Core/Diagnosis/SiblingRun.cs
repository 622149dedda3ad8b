using System.Text.Json;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>Another run of the same kind that had another batch size at the same learning rate.</summary>
/// <param name="BatchSize">Its batch size.</param>
/// <param name="LearningRate">Its learning rate.</param>
public sealed record SiblingRun(double BatchSize, double LearningRate)
{
    /// <summary>Settings, besides these two, in which siblings may differ.</summary>
    private const int MostDifferences = 2;

    /// <summary>Names of settings that do not change what is trained.</summary>
    private static readonly string[] Indifferent = ["seed", "name", "dir", "path", "host", "device", "tags", "notes", "workers", "log", "logging", "id", "time", "date", "steps", "batch", "batches", "batchsize"];

    /// <summary>Whether a config tells enough to look for siblings: a batch size, a rate, and an optimizer whose rate should go with the batch.</summary>
    public static bool MayHave(string? config)
    {
        var hints = Read(config);
        return hints is { BatchSize: not null, LearningRate: not null, IsAdaptive: false };
    }

    /// <summary>What is to be known of another run, or null where it is no sibling, or where batch and rate go together.</summary>
    /// <param name="config">The run's config, a JSON object as text.</param>
    /// <param name="other">The other run's.</param>
    public static SiblingRun? Of(string? config, string? other)
    {
        var (own, its) = (Read(config), Read(other));
        if (own is not { BatchSize: { } batch, LearningRate: { } rate, IsAdaptive: false }) return null;
        if (its is not { BatchSize: { } otherBatch, LearningRate: { } otherRate, IsAdaptive: false }) return null;
        var options = new Detectors.ScalingMismatchOptions();
        if (batch / otherBatch < options.Batch && otherBatch / batch < options.Batch) return null;
        if (Math.Abs(rate / otherRate - 1) > options.SameRate) return null;
        return Differences(config!, other!) <= MostDifferences ? new SiblingRun(otherBatch, otherRate) : null;
    }

    private static ConfigHints Read(string? config)
    {
        var hints = new ConfigHints();
        hints.Read(config);
        return hints;
    }

    private static int Differences(string config, string other)
    {
        var (own, its) = (Leaves(config), Leaves(other));
        return own.Keys.Union(its.Keys, StringComparer.Ordinal)
            .Count(key => own.GetValueOrDefault(key) != its.GetValueOrDefault(key) && !key.ToLowerInvariant().Split('.', '_', '-', ' ').Any(Indifferent.Contains));
    }

    private static Dictionary<string, string> Leaves(string config)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        using var json = JsonDocument.Parse(config);
        Walk(json.RootElement, "");
        return leaves;

        void Walk(JsonElement element, string path)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                leaves[path] = element.GetRawText();
                return;
            }
            foreach (var property in element.EnumerateObject()) Walk(property.Value, path.Length == 0 ? property.Name : path + "." + property.Name);
        }
    }
}
