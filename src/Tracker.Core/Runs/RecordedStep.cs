using System.Text.Json;
using Tracker.Core.Series;

namespace Tracker.Core.Runs;

/// <summary>One line of a recorded run, as the batch that logging it would have sent.</summary>
/// <param name="Step">The step; null for a line of events only.</param>
/// <param name="Seconds">Seconds since the start of the run.</param>
/// <param name="Batch">Its scalars (one point each), histograms and events.</param>
public sealed record RecordedStep(long? Step, double Seconds, LogBatch Batch)
{
    internal static RecordedStep Parse(JsonElement line, long startedAt, int number)
    {
        if (line.ValueKind != JsonValueKind.Object) throw new RecordedRunException(number, "a line must be an object");
        long? step = line.TryGetProperty("step", out var s) ? ReadStep(s, number) : null;
        var seconds = line.TryGetProperty("t", out var t) ? ReadNumber(t, "t", number) : 0;
        var time = double.IsFinite(seconds) ? startedAt + (long)Math.Round(seconds * 1000) : startedAt;
        var batch = new LogBatch();
        if (line.TryGetProperty("scalars", out var scalars)) ReadScalars(scalars, step, time, batch, number);
        if (line.TryGetProperty("histograms", out var histograms)) ReadHistograms(histograms, step, time, batch, number);
        if (line.TryGetProperty("events", out var events)) ReadEvents(events, step, time, batch, number);
        return new RecordedStep(step, seconds, batch);
    }

    private static void ReadScalars(JsonElement scalars, long? step, long time, LogBatch batch, int number)
    {
        Expect(scalars, JsonValueKind.Object, "scalars", number);
        foreach (var scalar in scalars.EnumerateObject())
        {
            batch.Scalars.Add(new ScalarColumn(scalar.Name, [Needed(step, number)], [time], [ReadNumber(scalar.Value, scalar.Name, number)]));
        }
    }

    private static void ReadHistograms(JsonElement histograms, long? step, long time, LogBatch batch, int number)
    {
        Expect(histograms, JsonValueKind.Object, "histograms", number);
        foreach (var histogram in histograms.EnumerateObject())
        {
            Expect(histogram.Value, JsonValueKind.Object, histogram.Name, number);
            batch.Histograms.Add(new HistogramPoint
            {
                Name = histogram.Name,
                Step = Needed(step, number),
                Time = time,
                Edges = ReadNumbers(histogram.Value, "edges", number),
                Counts = ReadNumbers(histogram.Value, "counts", number),
            });
        }
    }

    private static void ReadEvents(JsonElement events, long? step, long time, LogBatch batch, int number)
    {
        Expect(events, JsonValueKind.Array, "events", number);
        foreach (var e in events.EnumerateArray())
        {
            Expect(e, JsonValueKind.Object, "events", number);
            batch.Events.Add(new RunEvent
            {
                Kind = Text(e, "kind") ?? throw new RecordedRunException(number, "an event needs a \"kind\""),
                Name = Text(e, "name") ?? "",
                Step = e.TryGetProperty("step", out var own) && own.ValueKind == JsonValueKind.Number ? ReadStep(own, number) : step,
                Time = time,
                Level = Text(e, "level"),
                Data = e.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object ? data.GetRawText() : null,
            });
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Needed(long? step, int number) => step ?? throw new RecordedRunException(number, "a line with points needs a \"step\"");

    private static long ReadStep(JsonElement value, int number) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var step) && Math.Abs(step) <= SeriesLimits.MaxStep
            ? step
            : throw new RecordedRunException(number, "\"step\" must be an integer within ±2^53");

    private static double[] ReadNumbers(JsonElement parent, string name, int number)
    {
        if (!parent.TryGetProperty(name, out var array)) throw new RecordedRunException(number, $"a histogram needs \"{name}\"");
        Expect(array, JsonValueKind.Array, name, number);
        var result = new double[array.GetArrayLength()];
        for (var i = 0; i < result.Length; i++) result[i] = ReadNumber(array[i], name, number);
        return result;
    }

    private static double ReadNumber(JsonElement value, string name, int number)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetDouble(out var parsed) && double.IsFinite(parsed): return parsed;
            case JsonValueKind.String:
                switch (value.GetString())
                {
                    case "NaN": return double.NaN;
                    case "Infinity": return double.PositiveInfinity;
                    case "-Infinity": return double.NegativeInfinity;
                }
                break;
        }
        throw new RecordedRunException(number, $"\"{name}\" must be a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
    }

    private static void Expect(JsonElement value, JsonValueKind kind, string name, int number)
    {
        if (value.ValueKind != kind) throw new RecordedRunException(number, $"\"{name}\" must be an {(kind == JsonValueKind.Array ? "array" : "object")}");
    }
}
