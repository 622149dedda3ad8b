namespace Tracker.Client.Probes;

/// <summary>A tensor by its name: a parameter, a buffer, the output of a layer.</summary>
/// <param name="Name">As people know it, such as <c>fc1.weight</c>.</param>
/// <param name="Values">Its numbers, in any order.</param>
public readonly record struct NamedTensor(string Name, ReadOnlyMemory<float> Values);

/// <summary>The gradient of a parameter.</summary>
/// <param name="Name">Of the parameter, such as <c>fc1.weight</c>.</param>
/// <param name="Values">Null: the backward pass gave it none.</param>
public readonly record struct NamedGradient(string Name, ReadOnlyMemory<float>? Values);

/// <summary>Results of probes as events; their names and fields are those of <c>docs/probes.md</c>, which the analyzer reads.</summary>
internal static class ProbeLog
{
    public const int MostNames = 5;

    public static void LogProbe(this TrackerRun? run, string name, long? step, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        if (run is null) return;
        var data = new Dictionary<string, object?>(fields.Length);
        foreach (var (field, value) in fields)
        {
            if (value is not null) data[field] = value;
        }

        run.LogEvent(new TrackerEvent { Kind = TrackerEventKind.Probe, Name = name, Step = step, Data = data });
    }
}
