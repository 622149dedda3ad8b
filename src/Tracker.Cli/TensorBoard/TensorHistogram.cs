namespace Tracker.Cli.TensorBoard;

/// <summary>Both ways in which histograms are written, as edges that rise and counts between them, at most 1,024.</summary>
internal static class TensorHistogram
{
    private const int MostBins = 1_024;

    /// <summary>
    /// <c>HistogramProto</c>: right edges and counts of buckets; the first bucket reaches down to the least value. PyTorch's writer puts an
    /// empty bucket before the first, whose edge is then the left one.
    /// </summary>
    public static (double[] Edges, double[] Counts)? OfProto(ReadOnlySpan<byte> proto)
    {
        var (least, greatest) = (double.NaN, double.NaN);
        var (limits, counts) = (new List<double>(), new List<double>());
        var reader = new WireReader(proto);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: least = reader.Double; break;
                case 2: greatest = reader.Double; break;
                case 6: reader.AddDoubles(limits, 8); break;
                case 7: reader.AddDoubles(counts, 8); break;
                default: break;
            }
        }

        if (limits.Count == 0 || limits.Count != counts.Count) return null;
        List<double> edges = [counts[0] == 0 && limits.Count > 1 ? limits[0] : Math.Min(least, limits[0])];
        var bins = new List<double>();
        for (var i = counts[0] == 0 && limits.Count > 1 ? 1 : 0; i < limits.Count; i++)
        {
            // The last bucket of TensorFlow's own is open: its edge is the greatest double.
            edges.Add(limits[i] >= double.MaxValue ? Math.Max(greatest, edges[^1]) : limits[i]);
            bins.Add(counts[i]);
        }

        return Rising(edges, bins);
    }

    /// <summary>A tensor of rows (left, right, count), as the summaries of TensorFlow 2 write it.</summary>
    public static (double[] Edges, double[] Counts)? OfTensor(List<long> shape, List<double> numbers)
    {
        if (shape is not [_, 3] || numbers.Count == 0 || numbers.Count % 3 != 0) return null;
        List<double> edges = [numbers[0]];
        var counts = new List<double>();
        for (var i = 0; i < numbers.Count; i += 3)
        {
            edges.Add(numbers[i + 1]);
            counts.Add(numbers[i + 2]);
        }

        return Rising(edges, counts);
    }

    /// <summary>Buckets without width join their neighbour, and so do neighbours where there are too many.</summary>
    private static (double[] Edges, double[] Counts)? Rising(List<double> edges, List<double> counts)
    {
        if (!edges.TrueForAll(double.IsFinite) || !counts.TrueForAll(count => count >= 0 && double.IsFinite(count))) return null;
        var together = ((counts.Count - 1) / MostBins) + 1;
        var (rising, sums, sum, inBin) = (new List<double> { edges[0] }, new List<double>(), 0.0, 0);
        for (var i = 0; i < counts.Count; i++)
        {
            sum += counts[i];
            if ((++inBin < together && i < counts.Count - 1) || edges[i + 1] <= rising[^1]) continue;
            rising.Add(edges[i + 1]);
            sums.Add(sum);
            (sum, inBin) = (0, 0);
        }

        if (sums.Count == 0)
        {
            // Every value is the same: a bin around it.
            if (sum == 0) return null;
            var around = Math.Max(0.5, Math.Abs(edges[0]) * 1e-9);
            return ([edges[0] - around, edges[0] + around], [sum]);
        }

        sums[^1] += sum;
        return ([.. rising], [.. sums]);
    }
}
