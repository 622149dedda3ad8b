namespace Tracker.Bench.Load;

/// <summary>The hundred series of a training that the analyzer reads closely, and values that such a training would log.</summary>
internal static class SeriesNames
{
    private static readonly string[] PerLayer = ["grad_norm", "param_norm", "update_ratio", "act_mean", "act_std", "dead_fraction"];

    public static string[] Hundred { get; } =
    [
        "train/loss", "val/loss", "train/accuracy", "val/accuracy", "lr", "grad_norm/total", "clip/threshold", "clip/active", "param_norm/total", "logit_max",
        .. from name in PerLayer from layer in Enumerable.Range(1, 15) select $"{name}/layer{layer}",
    ];

    /// <summary>A float32 like the ones that training loops log, noise included.</summary>
    public static float Value(string name, long step, Random random)
    {
        var noise = random.NextSingle() - 0.5f;
        return name switch
        {
            "train/loss" => (2.3f / (1 + (step / 2_000f))) + 0.1f + (0.05f * noise),
            "val/loss" => (2.3f / (1 + (step / 2_000f))) + 0.15f + (0.02f * noise),
            "train/accuracy" or "val/accuracy" => 0.9f - (0.8f / (1 + (step / 2_000f))) + (0.01f * noise),
            "lr" => 3e-4f,
            "clip/threshold" => 1,
            // Clipped in six steps of ten: a run that the analyzer has something to say about.
            "clip/active" => random.NextSingle() < 0.6f ? 1 : 0,
            _ when name.StartsWith("dead_fraction", StringComparison.Ordinal) => 0.1f + (0.02f * noise),
            _ => 1 + noise,
        };
    }
}
