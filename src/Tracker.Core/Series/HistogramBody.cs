namespace Tracker.Core.Series;

/// <summary>Edges and counts of one histogram as bytes.</summary>
internal static class HistogramBody
{
    private const byte EqualWidth = 0;
    private const byte Singles = 1;
    private const byte Doubles = 2;
    private const byte SameEdges = 3;
    private const byte EdgesMask = 0x03;
    private const byte RealCounts = 0x04;

    /// <param name="writer">Where it goes.</param>
    /// <param name="edges">One more than <paramref name="counts"/>.</param>
    /// <param name="counts">At least one.</param>
    /// <param name="previousEdges">The edges of the histogram before, when the reader will have them too, else empty.</param>
    public static void Write(ref ByteWriter writer, ReadOnlySpan<double> edges, ReadOnlySpan<double> counts, ReadOnlySpan<double> previousEdges)
    {
        if (counts.IsEmpty || counts.Length > SeriesLimits.MaxBins || edges.Length != counts.Length + 1)
            throw new ArgumentException($"A histogram has {edges.Length} edges and {counts.Length} counts.", nameof(edges));

        var form = FormOf(edges, previousEdges);
        var whole = AreWhole(counts);
        writer.Byte((byte)(form | (whole ? 0 : RealCounts)));
        writer.Varint(counts.Length);
        WriteEdges(ref writer, form, edges);
        if (whole) foreach (var count in counts) writer.Varint((ulong)count);
        else ValueColumn.WriteDoubles(counts, writer.Take(counts.Length * 8));
    }

    public static (double[] Edges, double[] Counts) Read(ref ByteReader reader, double[]? previousEdges)
    {
        var head = reader.Byte();
        if ((head & ~(EdgesMask | RealCounts)) != 0) ByteReader.Fail($"A histogram has the unknown head {head}.");
        var bins = reader.Count(SeriesLimits.MaxBins, "The number of bins");
        if (bins == 0) ByteReader.Fail("A histogram has no bins.");
        var edges = ReadEdges(ref reader, (byte)(head & EdgesMask), bins, previousEdges);
        var counts = new double[bins];
        if ((head & RealCounts) != 0) ValueColumn.ReadDoubles(reader.Bytes(bins * 8), counts);
        else foreach (ref var count in counts.AsSpan()) count = reader.Varint();
        return (edges, counts);
    }

    private static byte FormOf(ReadOnlySpan<double> edges, ReadOnlySpan<double> previousEdges)
    {
        if (HistogramBins.SameBits(edges, previousEdges)) return SameEdges;
        if (HistogramBins.IsEqualWidth(edges)) return EqualWidth;
        return ValueColumn.FitsSingle(edges) ? Singles : Doubles;
    }

    private static void WriteEdges(ref ByteWriter writer, byte form, ReadOnlySpan<double> edges)
    {
        switch (form)
        {
            case EqualWidth:
                writer.Double(edges[0]);
                writer.Double(edges[^1]);
                break;
            case Singles:
                ValueColumn.WriteSingles(edges, writer.Take(edges.Length * 4));
                break;
            case Doubles:
                ValueColumn.WriteDoubles(edges, writer.Take(edges.Length * 8));
                break;
        }
    }

    private static double[] ReadEdges(ref ByteReader reader, byte form, int bins, double[]? previousEdges)
    {
        if (form == SameEdges)
        {
            if (previousEdges?.Length != bins + 1) ByteReader.Fail("A histogram refers to edges that do not stand before it.");
            return previousEdges!;
        }

        var edges = new double[bins + 1];
        if (form == EqualWidth) HistogramBins.FillEqualWidth(reader.Double(), reader.Double(), edges);
        else if (form == Singles) ValueColumn.ReadSingles(reader.Bytes(edges.Length * 4), edges);
        else ValueColumn.ReadDoubles(reader.Bytes(edges.Length * 8), edges);
        return edges;
    }

    /// <summary>Whole numbers from 0 to 2^53 (and no negative zero) are written as varints.</summary>
    private static bool AreWhole(ReadOnlySpan<double> counts)
    {
        foreach (var count in counts)
        {
            if (!(count >= 0 && count <= SeriesLimits.MaxStep) || count != Math.Floor(count) || double.IsNegative(count)) return false;
        }

        return true;
    }
}
