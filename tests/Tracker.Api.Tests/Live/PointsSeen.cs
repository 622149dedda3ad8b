using System.Text.Json;
using Shouldly;

namespace Tracker.Api.Tests.Live;

/// <summary>Puts together what one browser got of one series, and checks that no message leaves a gap or overlaps with the one before.</summary>
internal sealed class PointsSeen(long after)
{
    public long Sequence { get; private set; } = after;

    public List<long> Steps { get; } = [];

    public List<double> Values { get; } = [];

    public int Messages { get; private set; }

    public bool Late { get; private set; }

    public bool WasReset { get; private set; }

    /// <summary>Takes messages until the sequence is reached.</summary>
    public async Task<PointsSeen> UntilAsync(Browser browser, long sequence)
    {
        while (Sequence < sequence)
        {
            var (kind, message) = await browser.NextAsync("points", "reset");
            if (kind == "reset") Reset(message);
            else Take(message);
        }
        Sequence.ShouldBe(sequence);
        return this;
    }

    private void Reset(JsonElement message)
    {
        WasReset = true;
        Steps.Clear();
        Values.Clear();
        Sequence = message.GetProperty("sequence").GetInt64();
    }

    private void Take(JsonElement message)
    {
        Messages++;
        message.GetProperty("after").GetInt64().ShouldBe(Sequence);
        Sequence = message.GetProperty("sequence").GetInt64();
        Late |= message.GetProperty("late").GetBoolean();
        foreach (var series in message.GetProperty("series").EnumerateArray())
        {
            Steps.AddRange(series.GetProperty("steps").EnumerateArray().Select(step => step.GetInt64()));
            Values.AddRange(series.GetProperty("values").EnumerateArray().Select(Value));
            series.GetProperty("times").GetArrayLength().ShouldBe(series.GetProperty("steps").GetArrayLength());
        }
    }

    private static double Value(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, "-Infinity" => double.NegativeInfinity, var other => throw new FormatException(other) }
        : value.GetDouble();
}
