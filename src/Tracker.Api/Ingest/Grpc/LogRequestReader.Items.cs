using System.Text;
using System.Text.Unicode;
using Tracker.Api.Ingest.Rest;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Grpc;

public ref partial struct LogRequestReader
{
    private void ReadHistogram(ReadOnlySpan<byte> message)
    {
        string name = "";
        long step = 0, time = 0;
        RepeatedValues<double> edges = default, counts = default;
        var wire = new WireReader(message);
        while (wire.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes):
                    name = Text(wire.Bytes(), "name");
                    break;
                case (2, WireType.Varint):
                    step = wire.Zigzag();
                    break;
                case (3, WireType.Varint):
                    time = wire.Zigzag();
                    break;
                case (4, WireType.Bytes):
                    edges.Add(WireReader.Doubles(wire.Bytes()));
                    break;
                case (4, WireType.Fixed64):
                    edges.Add(wire.Double());
                    break;
                case (5, WireType.Bytes):
                    counts.Add(WireReader.Doubles(wire.Bytes()));
                    break;
                case (5, WireType.Fixed64):
                    counts.Add(wire.Double());
                    break;
                default:
                    wire.Skip(field, type);
                    break;
            }
        }

        CheckName(name, "name");
        CountPoints(1);
        var (edgeValues, countValues) = (edges.ToArray(), counts.ToArray());
        var fault = Fault(step, time) ?? SeriesRules.FaultOfHistogram(edgeValues, countValues);
        if (fault is not null) Reject(name, step, fault);
        else _batch.Histograms.Add(new HistogramPoint { Name = name, Step = step, Time = TimeOrNow(time), Edges = edgeValues, Counts = countValues });
    }

    private void ReadEvent(ReadOnlySpan<byte> message)
    {
        string kind = "", name = "", level = "";
        long? step = null;
        long time = 0;
        string? data = null;
        if (_batch.Events.Count >= SeriesLimits.MaxEventsPerBatch) throw ProblemStatus.Invalid("events", "A batch holds too many events.", $"{SeriesLimits.MaxEventsPerBatch} events");
        var wire = new WireReader(message);
        while (wire.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes):
                    kind = Text(wire.Bytes(), "kind");
                    break;
                case (2, WireType.Bytes):
                    name = Text(wire.Bytes(), "name");
                    break;
                case (3, WireType.Varint):
                    step = wire.Zigzag();
                    break;
                case (4, WireType.Varint):
                    time = wire.Zigzag();
                    break;
                case (5, WireType.Bytes):
                    level = Text(wire.Bytes(), "level");
                    break;
                case (6, WireType.Bytes):
                    data = Data(wire.Bytes());
                    break;
                default:
                    wire.Skip(field, type);
                    break;
            }
        }

        var known = SeriesRules.UserEventKinds.FirstOrDefault(one => one == kind) ?? throw Invalid("kind", "An event is of an unknown kind.", string.Join(' ', SeriesRules.UserEventKinds));
        if (name.Length > 0) CheckName(name, "name");
        if (level.Length > 0) CheckName(level, "level");
        if (Fault(step ?? 0, time) is { } fault) Reject(name.Length == 0 ? known : name, step ?? 0, fault);
        else _batch.Events.Add(new RunEvent { Kind = known, Name = name, Level = level.Length == 0 ? null : level, Data = data, Step = step, Time = TimeOrNow(time) });
    }

    /// <summary>A JSON object as text; what PostgreSQL's texts cannot hold is replaced as over REST.</summary>
    private readonly string? Data(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        if (json.Length > SeriesLimits.MaxEventDataBytes) throw Invalid("data_json", $"The data of an event has {json.Length} bytes.", $"{SeriesLimits.MaxEventDataBytes} bytes");
        if (!Utf8.IsValid(json)) throw Invalid("data_json", "The text is not UTF-8.");
        var cursor = new JsonCursor(json);
        try
        {
            if (cursor.Peek() != '{') cursor.Fail("an object expected");
            var start = cursor.Position;
            cursor.Skip(0);
            var text = cursor.Since(start);
            if (cursor.Peek() != 0 || !cursor.Rest.IsEmpty) cursor.Fail("nothing may follow the object");
            return cursor.SawBareToken || text.IndexOf("\\u"u8) >= 0 ? JsonText.Normalize(text) : Encoding.UTF8.GetString(text);
        }
        catch (LogBodyException bad)
        {
            throw Invalid("data_json", bad.Message, bad.Limit);
        }
    }

    private static string? Fault(long step, long time) => !SeriesRules.IsStep(step) ? StepOutside : !SeriesRules.IsTime(time) ? TimeOutside : null;

    private readonly long TimeOrNow(long time) => time == 0 ? _now : time;
}
