using System.Globalization;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

internal ref partial struct LogBodyParser
{
    private void ReadEvent()
    {
        string? kind = null, name = null, level = null, data = null;
        Stamp step = default, time = default;
        var seen = 0;
        if (_batch.Events.Count >= SeriesLimits.MaxEventsPerBatch) throw Refused("A batch holds too many events.", $"{SeriesLimits.MaxEventsPerBatch} events");
        Open('{', "an object");
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.EnterMember("");
            switch (Names.Of(_json.Member()))
            {
                case Name.Kind:
                    Path.EnterMember("kind");
                    Once(ref seen, Name.Kind);
                    kind = ReadKind();
                    break;
                case Name.SeriesName:
                    Path.EnterMember("name");
                    Once(ref seen, Name.SeriesName);
                    name = ReadLabel();
                    break;
                case Name.Level:
                    Path.EnterMember("level");
                    Once(ref seen, Name.Level);
                    level = ReadLabel();
                    break;
                case Name.Step:
                    Path.EnterMember("step");
                    Once(ref seen, Name.Step);
                    if (!_json.TryNull()) step = ReadStep();
                    break;
                case Name.Time:
                    Path.EnterMember("time");
                    Once(ref seen, Name.Time);
                    time = ReadTime();
                    break;
                case Name.Data:
                    Path.EnterMember("data");
                    Once(ref seen, Name.Data);
                    data = ReadData();
                    break;
                default:
                    _json.Skip(4);
                    break;
            }
        }

        Require(kind, "kind");
        var fault = step.IsGiven && !step.IsKept ? StepOutside : time.IsGiven && !time.IsKept ? TimeOutside : null;
        if (fault is not null)
        {
            Reject(string.IsNullOrEmpty(name) ? kind! : name, step.IsGiven ? step.Text : "null", fault);
            return;
        }

        _batch.Events.Add(new RunEvent
        {
            Kind = kind!,
            Name = name ?? "",
            Level = level,
            Data = data,
            Step = step.IsGiven ? step.Value : null,
            Time = time.IsGiven ? time.Value : _now,
        });
    }

    private string ReadKind()
    {
        var kind = ReadText("an event's kind");
        foreach (var known in SeriesRules.UserEventKinds)
        {
            if (known == kind) return known;
        }

        throw Refused("An event is of an unknown kind.", string.Join(' ', SeriesRules.UserEventKinds));
    }

    /// <summary>A short text that is no series: an event's name or level. May be empty, may be null.</summary>
    private string? ReadLabel()
    {
        var label = ReadOptionalText("a text");
        if (label is not { Length: > 0 }) return label;
        return SeriesNames.Checked(label);
    }

    private string? ReadData()
    {
        if (_json.TryNull()) return null;
        if (_json.Peek() != '{') throw WrongType("an object");
        var start = _json.Position;
        _json.SawBareToken = false;
        _json.Skip(4);
        var text = _json.Since(start);
        if (text.Length > SeriesLimits.MaxEventDataBytes)
            throw Refused(string.Create(CultureInfo.InvariantCulture, $"The data of an event has {text.Length} bytes."), $"{SeriesLimits.MaxEventDataBytes} bytes");
        return _json.SawBareToken || text.IndexOf("\\u"u8) >= 0 ? JsonText.Normalize(text) : System.Text.Encoding.UTF8.GetString(text);
    }
}
