namespace Tracker.Api.Ingest.Rest;

/// <summary>Members of the body that are read; others are ignored.</summary>
internal enum Name
{
    Unknown,
    Writer,
    Batch,
    Series,
    Points,
    Histograms,
    Events,
    SeriesName,
    Steps,
    Step,
    Times,
    Time,
    Values,
    Edges,
    Counts,
    Kind,
    Level,
    Data,
}

internal static class Names
{
    public static int Bit(Name name) => 1 << (int)name;

    /// <param name="token">A member's name as it is written; one written with escapes counts as unknown only when it is.</param>
    public static Name Of(ReadOnlySpan<byte> token)
    {
        if (token.Contains((byte)'\\')) return OfPlain(System.Text.Encoding.UTF8.GetBytes(JsonText.Unescape(token)));
        return OfPlain(token);
    }

    private static Name OfPlain(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("name"u8)) return Name.SeriesName;
        if (name.SequenceEqual("steps"u8)) return Name.Steps;
        if (name.SequenceEqual("values"u8)) return Name.Values;
        if (name.SequenceEqual("times"u8)) return Name.Times;
        if (name.SequenceEqual("step"u8)) return Name.Step;
        if (name.SequenceEqual("time"u8)) return Name.Time;
        if (name.SequenceEqual("series"u8)) return Name.Series;
        if (name.SequenceEqual("points"u8)) return Name.Points;
        if (name.SequenceEqual("writer"u8)) return Name.Writer;
        if (name.SequenceEqual("batch"u8)) return Name.Batch;
        if (name.SequenceEqual("edges"u8)) return Name.Edges;
        if (name.SequenceEqual("counts"u8)) return Name.Counts;
        if (name.SequenceEqual("histograms"u8)) return Name.Histograms;
        if (name.SequenceEqual("events"u8)) return Name.Events;
        if (name.SequenceEqual("kind"u8)) return Name.Kind;
        if (name.SequenceEqual("level"u8)) return Name.Level;
        return name.SequenceEqual("data"u8) ? Name.Data : Name.Unknown;
    }
}
