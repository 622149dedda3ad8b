using System.Globalization;
using System.Runtime.InteropServices;

namespace Tracker.Client.Probes;

/// <summary>Short calls on a run.</summary>
public static class Health
{
    /// <summary>Logs <c>train/loss</c>, <c>grad_norm/total</c>, <c>lr</c> and, where given, <c>val/acc_class_&lt;k&gt;</c>.</summary>
    /// <param name="run">Null is ignored.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="loss">Of this batch.</param>
    /// <param name="gradientNorm">Before clipping.</param>
    /// <param name="learningRate">In use.</param>
    /// <param name="accuracyByClass">Of validation, from 0 to 1; may be empty.</param>
    public static void LogHealth(this TrackerRun? run, long step, double loss, double gradientNorm, double learningRate, ReadOnlySpan<double> accuracyByClass = default)
    {
        if (run is null) return;
        run.Log(step, ("train/loss", loss), ("grad_norm/total", gradientNorm), ("lr", learningRate));
        for (var k = 0; k < accuracyByClass.Length; k++) run.Log(step, ($"val/acc_class_{k}", accuracyByClass[k]));
    }

    /// <summary>
    /// Logs what this rank trains on and with, as <c>rank-hash</c>: once an epoch is enough. Ranks with the same data hash see the same batches;
    /// ranks with different parameter hashes have drifted apart.
    /// </summary>
    public static void LogRankHash(this TrackerRun? run, long step, int rank, ulong batch, ulong parameters) =>
        run.LogProbe("rank-hash", step, ("rank", rank), ("data", batch.ToString("x16", CultureInfo.InvariantCulture)), ("params", parameters.ToString("x16", CultureInfo.InvariantCulture)));

    /// <summary>A hash of numbers bit for bit (FNV-1a over bytes, 64 bits): equal samples have equal hashes. To go on with more, give the last result.</summary>
    public static ulong Hash(ReadOnlySpan<float> values, ulong hash = 0xcbf29ce484222325)
    {
        foreach (var value in MemoryMarshal.AsBytes(values)) hash = (hash ^ value) * 0x100000001b3;
        return hash;
    }
}
