using System.Globalization;
using System.Text;

namespace Tracker.Bench.Load;

/// <summary>
/// The JSON of one batch as the clients send it: columns with steps, times and values, values being float32 widened to double. Numbers that
/// change from batch to batch stand in places of fixed width, so that a body can be used again with other numbers at next to no cost.
/// </summary>
internal sealed class BatchBody
{
    /// <summary>Steps have seven digits.</summary>
    public const long FirstStep = 1_000_000;

    private const int BatchWidth = 9;
    private const int StepWidth = 7;
    private const int TimeWidth = 13;
    private const long FirstTime = 1_760_000_000_000;
    private const long MillisecondsPerStep = 100;

    private readonly byte[] _json;
    private readonly int _batchAt;
    private readonly int[][] _stepsAt;
    private readonly int[][] _timesAt;

    /// <param name="writer">Id of the writer.</param>
    /// <param name="names">Series.</param>
    /// <param name="steps">Points in each.</param>
    /// <param name="firstStep">Step of the first point.</param>
    /// <param name="value">Value of a series at a step.</param>
    public BatchBody(string writer, IReadOnlyList<string> names, int steps, long firstStep, Func<string, long, double> value)
    {
        Points = names.Count * steps;
        _stepsAt = [.. Enumerable.Range(0, steps).Select(_ => new int[names.Count])];
        _timesAt = [.. Enumerable.Range(0, steps).Select(_ => new int[names.Count])];
        var json = new StringBuilder($$"""{"writer":"{{writer}}","batch":""");
        _batchAt = json.Length;
        json.Append(' ', BatchWidth).Append(",\"series\":[");
        for (var series = 0; series < names.Count; series++)
        {
            json.Append(series == 0 ? "" : ",").Append("{\"name\":\"").Append(names[series]).Append("\",\"steps\":[");
            Places(json, _stepsAt, series, StepWidth);
            json.Append("],\"values\":[");
            for (var i = 0; i < steps; i++)
            {
                var number = value(names[series], firstStep + i);
                json.Append(i == 0 ? "" : ",").Append(double.IsFinite(number) ? $"{number}" : $"\"{number}\"");
            }

            json.Append("],\"times\":[");
            Places(json, _timesAt, series, TimeWidth);
            json.Append("]}");
        }

        _json = Encoding.ASCII.GetBytes(json.Append("]}").ToString());
        Number(1, firstStep);
    }

    public int Points { get; }

    public int Steps => _stepsAt.Length;

    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>Time of a step in Unix milliseconds: ten steps a second, each up to ten milliseconds late, without a pattern.</summary>
    public static long TimeOf(long step) => FirstTime + (step * MillisecondsPerStep) + (long)((ulong)step * 0x9E3779B97F4A7C15 >> 40) % 11;

    /// <summary>Makes it the batch of this number, its points beginning at this step.</summary>
    public void Number(long batch, long firstStep)
    {
        // A number may not begin with zeros, but white space may stand before it.
        var place = _json.AsSpan(_batchAt, BatchWidth);
        place.Fill((byte)' ');
        batch.TryFormat(place, out _, provider: CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[TimeWidth];
        for (var i = 0; i < Steps; i++)
        {
            (firstStep + i).TryFormat(digits, out var width, provider: CultureInfo.InvariantCulture);
            foreach (var at in _stepsAt[i]) digits[..width].CopyTo(_json.AsSpan(at));
            TimeOf(firstStep + i).TryFormat(digits, out width, provider: CultureInfo.InvariantCulture);
            foreach (var at in _timesAt[i]) digits[..width].CopyTo(_json.AsSpan(at));
        }
    }

    private static void Places(StringBuilder json, int[][] at, int series, int width)
    {
        for (var i = 0; i < at.Length; i++)
        {
            if (i > 0) json.Append(',');
            at[i][series] = json.Length;
            json.Append('0', width);
        }
    }
}
