namespace Tracker.Client.Surroundings;

/// <summary>What <c>nvidia-smi</c> says about each GPU.</summary>
internal static class GpuSample
{
    private static readonly string[] s_query = ["--query-gpu=index,utilization.gpu,memory.used,temperature.gpu,power.draw", "--format=csv,noheader,nounits"];

    /// <summary>Null where there is no such program.</summary>
    public static async Task<IReadOnlyList<(string Name, double Value)>?> TakeAsync(CancellationToken cancellationToken) =>
        await Tool.OutputAsync("nvidia-smi", s_query, cancellationToken).ConfigureAwait(false) is { } output ? Parse(output) : null;

    /// <summary>A line a GPU: index, percent busy, MiB in use, degrees Celsius, watts. What a card does not tell ("[N/A]") is left out.</summary>
    internal static IReadOnlyList<(string Name, double Value)> Parse(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(',', StringSplitOptions.TrimEntries)).Where(cells => cells.Length >= 5).ToList();
        var values = new List<(string, double)>();
        foreach (var cells in lines)
        {
            // One card needs no number.
            var which = lines.Count > 1 ? "/" + cells[0] : "";
            foreach (var (name, cell) in new[] { ("gpu_util", cells[1]), ("gpu_mem", cells[2]), ("gpu_temperature", cells[3]), ("gpu_power", cells[4]) })
            {
                if (double.TryParse(cell, out var value)) values.Add(($"system/{name}{which}", value));
            }
        }

        return values;
    }
}
