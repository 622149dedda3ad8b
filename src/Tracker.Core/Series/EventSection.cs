namespace Tracker.Core.Series;

/// <summary>The events of a journal record.</summary>
internal static class EventSection
{
    private const byte HasName = 1;
    private const byte HasStep = 2;
    private const byte HasLevel = 4;
    private const byte HasData = 8;

    /// <summary>A kind's code is its place here, from 1; code 0 is followed by the kind as text. Never reorder, only append.</summary>
    private static readonly string[] Kinds = ["probe", "alert", "console", "batch", "env", "note", "resume", "config", "finish", "lost"];

    public static void Write(ref ByteWriter writer, List<RunEvent> events)
    {
        writer.Varint(events.Count);
        long previousTime = 0;
        foreach (var one in events)
        {
            var flags = (one.Name.Length > 0 ? HasName : 0) | (one.Step is null ? 0 : HasStep) | (one.Level is null ? 0 : HasLevel) | (one.Data is null ? 0 : HasData);
            var code = Array.IndexOf(Kinds, one.Kind) + 1;
            writer.Byte((byte)flags);
            writer.Byte((byte)code);
            if (code == 0) writer.Text(one.Kind);
            writer.Zigzag(unchecked(one.Time - previousTime));
            previousTime = one.Time;
            if ((flags & HasName) != 0) writer.Text(one.Name);
            if (one.Step is { } step) writer.Zigzag(step);
            if (one.Level is { } level) writer.Text(level);
            if (one.Data is { } data) writer.Text(data);
        }
    }

    public static void Read(ref ByteReader reader, List<RunEvent> into)
    {
        var count = reader.Count(reader.Remaining / 3, "The number of events");
        long time = 0;
        for (var i = 0; i < count; i++)
        {
            var flags = reader.Byte();
            if ((flags & ~(HasName | HasStep | HasLevel | HasData)) != 0) ByteReader.Fail($"An event has the unknown flags {flags}.");
            var code = reader.Byte();
            if (code > Kinds.Length) ByteReader.Fail($"An event has the unknown kind {code}.");
            var kind = code == 0 ? reader.Text() : Kinds[code - 1];
            time = unchecked(time + reader.Zigzag());
            into.Add(new RunEvent
            {
                Kind = kind,
                Time = time,
                Name = (flags & HasName) != 0 ? reader.Text() : "",
                Step = (flags & HasStep) != 0 ? reader.Zigzag() : null,
                Level = (flags & HasLevel) != 0 ? reader.Text() : null,
                Data = (flags & HasData) != 0 ? reader.Text() : null,
            });
        }

        reader.ExpectEnd("The event section");
    }
}
