using System.Buffers.Binary;

namespace Tracker.Core.Series;

/// <summary>A point as a summary keeps it.</summary>
public readonly record struct SummaryPoint(long Step, long Time, double Value);

/// <summary>
/// What a chart needs of a chunk that lies in one pixel column: it stands beside the chunk, so that the chunk need not be read (docs/format.md).
/// Of equal values the first one counts.
/// </summary>
/// <param name="StepsRise">Steps rise strictly from point to point.</param>
/// <param name="TimesRise">No time lies below the one before it.</param>
/// <param name="NonFinite">How many values are NaN or infinite.</param>
/// <param name="First">The first finite point; the others likewise. Without meaning when no value is finite.</param>
/// <param name="Least">The least value.</param>
/// <param name="Greatest">The greatest value.</param>
/// <param name="Last">The last finite point.</param>
public sealed record ChunkSummary(bool StepsRise, bool TimesRise, int NonFinite, SummaryPoint First, SummaryPoint Least, SummaryPoint Greatest, SummaryPoint Last)
{
    private const byte Version = 1;
    private const byte StepsRiseFlag = 1;
    private const byte TimesRiseFlag = 2;
    private const int PointBytes = 24;
    private const int Length = 6 + (4 * PointBytes);

    public static ChunkSummary Of(ScalarChunk chunk)
    {
        int first = -1, last = -1, least = -1, greatest = -1, nonFinite = 0;
        var values = chunk.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                nonFinite++;
                continue;
            }

            if (first < 0) first = least = greatest = i;
            last = i;
            if (values[i] < values[least]) least = i;
            if (values[i] > values[greatest]) greatest = i;
        }

        SummaryPoint Point(int i) => i < 0 ? default : new SummaryPoint(chunk.Steps[i], chunk.Times[i], values[i]);
        return new ChunkSummary(StepColumns.IsRising<long>(chunk.Steps, strictly: true), StepColumns.IsRising<long>(chunk.Times, strictly: false),
            nonFinite, Point(first), Point(least), Point(greatest), Point(last));
    }

    public byte[] Encode()
    {
        var data = new byte[Length];
        data[0] = Version;
        data[1] = (byte)((StepsRise ? StepsRiseFlag : 0) | (TimesRise ? TimesRiseFlag : 0));
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(2), NonFinite);
        var at = 6;
        foreach (var point in (ReadOnlySpan<SummaryPoint>)[First, Least, Greatest, Last])
        {
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(at), point.Step);
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(at + 8), point.Time);
            BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(at + 16), point.Value);
            at += PointBytes;
        }

        return data;
    }

    /// <exception cref="SeriesFormatException">Bytes that this version does not know.</exception>
    public static ChunkSummary Decode(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2 || data[0] != Version) throw new SeriesFormatException($"A summary of a chunk has version {(data.IsEmpty ? -1 : data[0])}; this server reads version {Version}.");
        if (data.Length != Length || (data[1] & ~(StepsRiseFlag | TimesRiseFlag)) != 0) throw new SeriesFormatException($"A summary of a chunk has {data.Length} bytes and the flags {data[1]}.");
        return new ChunkSummary((data[1] & StepsRiseFlag) != 0, (data[1] & TimesRiseFlag) != 0, BinaryPrimitives.ReadInt32LittleEndian(data[2..]),
            Point(data, 0), Point(data, 1), Point(data, 2), Point(data, 3));

        static SummaryPoint Point(ReadOnlySpan<byte> data, int index)
        {
            var point = data[(6 + (index * PointBytes))..];
            return new SummaryPoint(BinaryPrimitives.ReadInt64LittleEndian(point), BinaryPrimitives.ReadInt64LittleEndian(point[8..]), BinaryPrimitives.ReadDoubleLittleEndian(point[16..]));
        }
    }
}
