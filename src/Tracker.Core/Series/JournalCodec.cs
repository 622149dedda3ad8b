namespace Tracker.Core.Series;

/// <summary>
/// A batch as the bytes of one journal row (docs/format.md). Series stand by their number in the run, not by name.
/// Every decoder throws <see cref="SeriesFormatException"/> on bytes that it does not know, and allocates nothing by an unchecked length.
/// </summary>
public static class JournalCodec
{
    /// <summary>The first byte of every record that this code writes, and the only one that it reads.</summary>
    public const byte Version = 1;

    private const byte HasScalars = 1;
    private const byte HasHistograms = 2;
    private const byte HasEvents = 4;

    /// <exception cref="ArgumentException">A series has no number, unequal columns, or the batch is over its limits.</exception>
    public static byte[] Encode(LogBatch batch)
    {
        if (batch.PointCount > SeriesLimits.MaxPointsPerBatch) throw new ArgumentException($"A batch holds {batch.PointCount} points.", nameof(batch));
        var flags = (batch.Scalars.Count > 0 ? HasScalars : 0) | (batch.Histograms.Count > 0 ? HasHistograms : 0) | (batch.Events.Count > 0 ? HasEvents : 0);
        var writer = new ByteWriter(64 + (batch.PointCount * 10));
        writer.Byte(Version);
        writer.Byte((byte)flags);
        if (batch.Scalars.Count > 0)
        {
            var section = new ByteWriter(64 + (batch.PointCount * 10));
            ScalarSection.Write(ref section, batch.Scalars);
            WriteSection(ref writer, ref section);
        }

        if (batch.Histograms.Count > 0)
        {
            var section = new ByteWriter(1024);
            HistogramSection.Write(ref section, batch.Histograms);
            WriteSection(ref writer, ref section);
        }

        if (batch.Events.Count > 0)
        {
            var section = new ByteWriter(1024);
            EventSection.Write(ref section, batch.Events);
            WriteSection(ref writer, ref section);
        }

        return writer.Seal();
    }

    /// <summary>
    /// The whole batch; series stand by their numbers, which is by their first appearance in the run, so that a batch read from the journal and one
    /// put together from chunks are the same.
    /// </summary>
    /// <param name="data">A record.</param>
    /// <param name="nameOf">The name of a series by its number; without it names are empty.</param>
    public static LogBatch Decode(ReadOnlySpan<byte> data, Func<int, string>? nameOf = null)
    {
        var sections = Sections.Of(data);
        var batch = new LogBatch();
        if (sections.HasScalars)
        {
            var reader = new ByteReader(sections.Scalars);
            ScalarSection.Read(ref reader, batch.Scalars, nameOf);
        }

        if (sections.HasHistograms)
        {
            var reader = new ByteReader(sections.Histograms);
            HistogramSection.Read(ref reader, batch.Histograms, only: null, nameOf);
        }

        if (sections.HasEvents)
        {
            var reader = new ByteReader(sections.Events);
            EventSection.Read(ref reader, batch.Events);
        }

        batch.OrderByNumber();
        return batch;
    }

    /// <summary>The points of one scalar series, or null when the batch has none; the rest is skipped.</summary>
    public static ScalarColumn? DecodeScalar(ReadOnlySpan<byte> data, int seriesId)
    {
        var sections = Sections.Of(data);
        if (!sections.HasScalars) return null;
        var reader = new ByteReader(sections.Scalars);
        return ScalarSection.ReadOne(ref reader, seriesId);
    }

    /// <summary>Appends the points of one scalar series to pooled columns; false when the batch has none.</summary>
    /// <param name="data">A record.</param>
    /// <param name="seriesId">Number of the series in its run.</param>
    /// <param name="sequence">The record's sequence, kept per point when the buffer keeps sequences.</param>
    /// <param name="into">Left as it was when the bytes are refused.</param>
    public static bool AppendScalar(ReadOnlySpan<byte> data, int seriesId, long sequence, ColumnBuffer into)
    {
        var sections = Sections.Of(data);
        if (!sections.HasScalars) return false;
        var reader = new ByteReader(sections.Scalars);
        var count = into.Count;
        try
        {
            return ScalarSection.AppendOne(ref reader, seriesId, sequence, into);
        }
        catch (SeriesFormatException)
        {
            into.Truncate(count);
            throw;
        }
    }

    /// <summary>The least time of any point, Unix milliseconds; null when the batch has no points. No values are decoded.</summary>
    public static long? LeastTime(ReadOnlySpan<byte> data)
    {
        var sections = Sections.Of(data);
        long? least = null;
        if (sections.HasScalars)
        {
            var reader = new ByteReader(sections.Scalars);
            least = ScalarSection.LeastTime(ref reader);
        }

        if (!sections.HasHistograms) return least;
        var histograms = new ByteReader(sections.Histograms);
        var first = HistogramSection.LeastTime(ref histograms);
        return least is { } scalar && first is { } histogram ? Math.Min(scalar, histogram) : least ?? first;
    }

    /// <summary>The histograms of one series, in the order of the batch.</summary>
    public static List<HistogramPoint> DecodeHistograms(ReadOnlySpan<byte> data, int seriesId)
    {
        var points = new List<HistogramPoint>();
        var sections = Sections.Of(data);
        if (!sections.HasHistograms) return points;
        var reader = new ByteReader(sections.Histograms);
        HistogramSection.Read(ref reader, points, seriesId, nameOf: null);
        return points;
    }

    public static List<RunEvent> DecodeEvents(ReadOnlySpan<byte> data)
    {
        var events = new List<RunEvent>();
        var sections = Sections.Of(data);
        if (!sections.HasEvents) return events;
        var reader = new ByteReader(sections.Events);
        EventSection.Read(ref reader, events);
        return events;
    }

    private static void WriteSection(ref ByteWriter writer, ref ByteWriter section)
    {
        writer.Varint(section.Length);
        writer.Bytes(section.Written);
        section.Dispose();
    }

    /// <summary>The three parts of a record, found by their sizes, none of them decoded.</summary>
    private readonly ref struct Sections
    {
        public bool HasScalars { get; private init; }

        public bool HasHistograms { get; private init; }

        public bool HasEvents { get; private init; }

        public ReadOnlySpan<byte> Scalars { get; private init; }

        public ReadOnlySpan<byte> Histograms { get; private init; }

        public ReadOnlySpan<byte> Events { get; private init; }

        public static Sections Of(ReadOnlySpan<byte> data)
        {
            var reader = ByteReader.Open(data, Version, "A journal record");
            var flags = reader.Byte();
            if ((flags & ~(JournalCodec.HasScalars | JournalCodec.HasHistograms | JournalCodec.HasEvents)) != 0) ByteReader.Fail($"A journal record has the unknown flags {flags}.");
            var sections = new Sections
            {
                HasScalars = (flags & JournalCodec.HasScalars) != 0,
                HasHistograms = (flags & JournalCodec.HasHistograms) != 0,
                HasEvents = (flags & JournalCodec.HasEvents) != 0,
                Scalars = Next(ref reader, flags & JournalCodec.HasScalars),
                Histograms = Next(ref reader, flags & JournalCodec.HasHistograms),
                Events = Next(ref reader, flags & JournalCodec.HasEvents),
            };
            reader.ExpectEnd("A journal record");
            return sections;
        }

        private static ReadOnlySpan<byte> Next(scoped ref ByteReader reader, int flag) =>
            flag == 0 ? default : reader.Bytes(reader.Count(reader.Remaining, "The size of a section"));
    }
}
