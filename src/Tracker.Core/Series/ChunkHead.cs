namespace Tracker.Core.Series;

/// <summary>The first bytes of both kinds of chunk: version, kind, flags, then <see cref="ChunkHeader"/>.</summary>
internal static class ChunkHead
{
    public const byte Version = 1;
    private const byte FormMask = 0x03;
    private const byte InOrder = 0x04;

    public static void Write(ref ByteWriter writer, SeriesKind kind, ValueForm form, ChunkHeader header)
    {
        writer.Byte(Version);
        writer.Byte((byte)kind);
        writer.Byte((byte)((byte)form | (header.InOrder ? InOrder : 0)));
        writer.Varint(header.Count);
        writer.Zigzag(header.FirstStep);
        writer.Varint(unchecked((ulong)(header.LastStep - header.FirstStep)));
        writer.Zigzag(header.FirstSequence);
        writer.Varint(unchecked((ulong)(header.LastSequence - header.FirstSequence)));
        writer.Varint(header.NonFinite);
        if (header.NonFinite == header.Count) return;
        writer.Double(header.Min);
        writer.Double(header.Max);
    }

    /// <param name="reader">Stands after the version byte.</param>
    /// <param name="kind">The kind that the caller can read.</param>
    /// <param name="form">How the values are stored.</param>
    public static ChunkHeader Read(ref ByteReader reader, SeriesKind kind, out ValueForm form)
    {
        var stored = reader.Byte();
        if (stored != (byte)kind) ByteReader.Fail($"A chunk is of kind {stored}; {(byte)kind} was expected.");
        var flags = reader.Byte();
        form = (ValueForm)(flags & FormMask);
        if ((flags & ~(FormMask | InOrder)) != 0 || form > ValueForm.Constant) ByteReader.Fail($"A chunk has the unknown flags {flags}.");
        var count = reader.Count(ScalarChunk.MaxPoints, "The number of points of a chunk");
        if (count == 0) ByteReader.Fail("A chunk has no points.");
        var firstStep = reader.Zigzag();
        var lastStep = unchecked(firstStep + (long)reader.Varint());
        var firstSequence = reader.Zigzag();
        var lastSequence = unchecked(firstSequence + (long)reader.Varint());
        var nonFinite = reader.Count(count, "The number of non-finite values");
        return new ChunkHeader
        {
            Count = count,
            FirstStep = firstStep,
            LastStep = lastStep,
            FirstSequence = firstSequence,
            LastSequence = lastSequence,
            NonFinite = nonFinite,
            Min = nonFinite == count ? double.NaN : reader.Double(),
            Max = nonFinite == count ? double.NaN : reader.Double(),
            InOrder = (flags & InOrder) != 0,
        };
    }

    /// <summary>Reads a header from a chunk or from its first bytes; 80 are always enough. The checksum is not looked at.</summary>
    public static ChunkHeader Peek(ReadOnlySpan<byte> data, SeriesKind kind)
    {
        var reader = new ByteReader(data);
        var version = reader.Byte();
        if (version != Version) ByteReader.Fail($"A chunk has version {version}; this server reads version {Version}.");
        return Read(ref reader, kind, out _);
    }

    public static (long First, long Last, bool InOrder) StepsOf(ReadOnlySpan<long> steps)
    {
        long first = steps[0], last = steps[0], previous = steps[0];
        var inOrder = true;
        foreach (var step in steps[1..])
        {
            inOrder &= step > previous;
            previous = step;
            first = Math.Min(first, step);
            last = Math.Max(last, step);
        }

        return (first, last, inOrder);
    }
}
