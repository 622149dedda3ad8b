using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tracker.Client;

/// <summary>
/// Writes a segment as the body of <c>POST /api/v1/runs/{id}/log</c>: scalars as columns, series by first appearance,
/// the points of a series in the order of the calls. One thread at a time.
/// </summary>
internal sealed class BatchEncoder : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly List<int> _series = [];
    private int[] _ends = [];
    private int[] _order = [];

    public BatchEncoder() => _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The body; valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(LogSegment segment, string[] names, string writer, long number)
    {
        _bytes.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("writer"u8, writer);
        _json.WriteNumber("batch"u8, number);
        if (segment.Points.Length > 0) WriteSeries(segment.Points, names);
        if (segment.Histograms.Count > 0) WriteHistograms(segment.Histograms);
        if (segment.Events.Count > 0) WriteEvents(segment.Events);
        _json.WriteEndObject();
        _json.Flush();
        return _bytes.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private void WriteSeries(ReadOnlySpan<ScalarPoint> points, string[] names)
    {
        GroupBySeries(points, names.Length);
        _json.WriteStartArray("series"u8);
        var start = 0;
        foreach (var series in _series)
        {
            var mine = _order.AsSpan(start, _ends[series] - start);
            start = _ends[series];
            _json.WriteStartObject();
            _json.WriteString("name"u8, names[series]);
            _json.WriteStartArray("steps"u8);
            foreach (var i in mine) _json.WriteNumberValue(points[i].Step);
            _json.WriteEndArray();
            _json.WriteStartArray("values"u8);
            foreach (var i in mine) JsonValues.Write(_json, points[i].Value);
            _json.WriteEndArray();
            _json.WriteStartArray("times"u8);
            foreach (var i in mine) _json.WriteNumberValue(points[i].Time);
            _json.WriteEndArray();
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    // A stable counting sort: afterwards _order holds the points' places, series after series, and _ends where each series ends.
    private void GroupBySeries(ReadOnlySpan<ScalarPoint> points, int seriesCount)
    {
        if (_ends.Length < seriesCount) Array.Resize(ref _ends, seriesCount);
        if (_order.Length < points.Length) _order = new int[points.Length];
        Array.Clear(_ends);
        _series.Clear();
        foreach (ref readonly var point in points)
        {
            if (_ends[point.Series]++ == 0) _series.Add(point.Series);
        }

        var start = 0;
        foreach (var series in _series) (_ends[series], start) = (start, start + _ends[series]);
        for (var i = 0; i < points.Length; i++) _order[_ends[points[i].Series]++] = i;
    }

    private void WriteHistograms(List<HistogramEntry> entries)
    {
        _json.WriteStartArray("histograms"u8);
        foreach (var entry in entries)
        {
            _json.WriteStartObject();
            _json.WriteString("name"u8, entry.Name);
            _json.WriteNumber("step"u8, entry.Step);
            _json.WriteNumber("time"u8, entry.Time);
            WriteNumbers("edges"u8, entry.Histogram.Edges);
            WriteNumbers("counts"u8, entry.Histogram.Counts);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteNumbers(ReadOnlySpan<byte> name, double[] values)
    {
        _json.WriteStartArray(name);
        foreach (var value in values) JsonValues.Write(_json, value);
        _json.WriteEndArray();
    }

    private void WriteEvents(List<EventEntry> entries)
    {
        _json.WriteStartArray("events"u8);
        foreach (var entry in entries)
        {
            _json.WriteStartObject();
            _json.WriteString("kind"u8, WordOf(entry.Kind));
            _json.WriteString("name"u8, entry.Name);
            if (entry.Step is { } step) _json.WriteNumber("step"u8, step);
            _json.WriteNumber("time"u8, entry.Time);
            if (entry.Level is { } level) _json.WriteString("level"u8, WordOf(level));
            if (entry.Data is { } data)
            {
                _json.WritePropertyName("data"u8);
                _json.WriteRawValue(data, skipInputValidation: true);
            }

            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> WordOf(TrackerEventKind kind) => kind switch
    {
        TrackerEventKind.Probe => "probe"u8,
        TrackerEventKind.Alert => "alert"u8,
        TrackerEventKind.Console => "console"u8,
        TrackerEventKind.Batch => "batch"u8,
        TrackerEventKind.Env => "env"u8,
        TrackerEventKind.Resume => "resume"u8,
        _ => "note"u8,
    };

    private static ReadOnlySpan<byte> WordOf(TrackerLevel level) => level switch
    {
        TrackerLevel.Info => "info"u8,
        TrackerLevel.High => "high"u8,
        TrackerLevel.Crit => "crit"u8,
        _ => "warn"u8,
    };
}
