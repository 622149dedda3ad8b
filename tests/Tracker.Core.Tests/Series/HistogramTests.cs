using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class HistogramTests
{
    private static readonly Gen<HistogramPoint> Rising =
        from bins in Gen.Choose(1, 90)
        from start in Gen.Choose(-1000, 1000)
        from scale in Gen.Elements(1e-6, 0.1, 1, 1e150)
        from widths in Gen.Choose(1, 100).ArrayOf(bins)
        from counts in Gen.OneOf(Gen.Choose(0, 100_000).Select(i => (double)i), Gen.Choose(0, 1000).Select(i => i / 7.0)).ArrayOf(bins)
        select new HistogramPoint { Name = "", SeriesId = 0, Step = start, Time = 5, Edges = [.. Cumulate(start, widths).Select(e => e * scale)], Counts = counts };

    [Fact]
    public void Rebinning_loses_no_mass_at_all() => Checks.ForAll(Rising.NonEmptyListOf(), Gen.Choose(1, 100), (histograms, bins) =>
    {
        var grid = HistogramGrid.Rebin([.. histograms], bins);
        grid.Edges.ShouldBeInOrder();
        grid.Edges[0].ShouldBe(histograms.Min(h => h.Edges[0]));
        grid.Edges[^1].ShouldBe(histograms.Max(h => h.Edges[^1]));
        grid.Edges.Length.ShouldBeLessThanOrEqualTo(bins + 1);
        foreach (var (column, histogram) in grid.Columns.Zip(histograms))
        {
            column.Counts.ShouldAllBe(c => c >= 0);
            column.Counts.Length.ShouldBe(grid.Edges.Length - 1);
            column.Counts.Aggregate(0.0, (a, b) => a + b).ShouldBe(histogram.Counts.Aggregate(0.0, (a, b) => a + b));
            (column.Step, column.Time).ShouldBe((histogram.Step, histogram.Time));
        }
    });

    [Fact]
    public void A_bin_is_split_in_proportion_to_the_widths_it_covers()
    {
        var wide = new HistogramPoint { Name = "", Step = 1, Time = 1, Edges = [0, 2, 4], Counts = [8, 2] };
        var narrow = new HistogramPoint { Name = "", Step = 2, Time = 2, Edges = [0, 0.5], Counts = [6] };
        var grid = HistogramGrid.Rebin([wide, narrow], 4);
        grid.Edges.ShouldBe([0, 1, 2, 3, 4]);
        grid.Columns[0].Counts.ShouldBe([4, 4, 1, 1]);
        grid.Columns[1].Counts.ShouldBe([6, 0, 0, 0]);
    }

    [Fact]
    public void Histograms_on_one_grid_stay_on_it()
    {
        HistogramPoint[] histograms = [.. Enumerable.Range(0, 3).Select(i => new HistogramPoint { Name = "", Step = i, Time = i, Edges = [0, 1, 10], Counts = [i, 1] })];
        var grid = HistogramGrid.Rebin(histograms);
        grid.Edges.ShouldBe([0, 1, 10]);
        grid.Columns[2].Counts.ShouldBe([2, 1]);
        HistogramGrid.Rebin([]).Columns.ShouldBeEmpty();
    }

    [Fact]
    public void Statistics_are_those_of_a_mass_spread_evenly_in_its_bins() => Checks.ForAll(Rising, histogram =>
    {
        var statistics = HistogramStatistics.Of(histogram.Edges, histogram.Counts);
        var total = histogram.Counts.Sum();
        statistics.Count.ShouldBe(total, 1e-9 * total);
        if (total == 0)
        {
            statistics.Mean.ShouldBe(double.NaN);
            return;
        }

        // By brute force: each bin as 1,000 slices.
        var (edges, counts) = (histogram.Edges, histogram.Counts);
        var range = edges[^1] - edges[0];
        var slices = counts.SelectMany((count, i) => Enumerable.Range(0, 1_000).Select(k => (X: edges[i] + ((edges[i + 1] - edges[i]) * (k + 0.5) / 1_000), Mass: count / 1_000))).ToList();
        var mean = slices.Sum(slice => slice.X * (slice.Mass / total));
        statistics.Mean.ShouldBe(mean, 1e-6 * range);
        statistics.Std.ShouldBe(Math.Sqrt(slices.Sum(slice => (slice.X - mean) * (slice.X - mean) * (slice.Mass / total))), 1e-5 * range);
        statistics.Min.ShouldBe(edges[Array.FindIndex(counts, count => count > 0)]);
        statistics.Max.ShouldBe(edges[Array.FindLastIndex(counts, count => count > 0) + 1]);
        foreach (var (share, place) in new[] { (0.05, statistics.P5), (0.25, statistics.P25), (0.5, statistics.P50), (0.75, statistics.P75), (0.95, statistics.P95) })
        {
            var below = counts.Select((count, i) => count * Math.Clamp((place - edges[i]) / (edges[i + 1] - edges[i]), 0, 1)).Sum();
            below.ShouldBe(share * total, 1e-6 * total);
        }
    }, tests: 100);

    [Fact]
    public void Steps_can_be_read_alone() => Checks.ForAll(Rising.NonEmptyListOf(), histograms =>
        HistogramChunkCodec.DecodeSteps(HistogramChunkCodec.Encode(new HistogramChunk([.. histograms], [new BatchRun(1, 0, histograms.Count)]))).ShouldBe(histograms.Select(h => h.Step)));

    [Fact]
    public void Raw_values_fall_into_bins_that_hold_them() => Checks.ForAll(Batches.Value.NonEmptyListOf(), Gen.Choose(1, 100), (values, bins) =>
    {
        var made = HistogramBins.FromValues([.. values], out var nonFinite, bins);
        nonFinite.ShouldBe(values.Count(v => !double.IsFinite(v)));
        if (nonFinite == values.Count)
        {
            made.ShouldBeNull();
            return;
        }

        var (edges, counts) = made.ShouldNotBeNull();
        SeriesRules.FaultOfHistogram(edges, counts).ShouldBeNull();
        edges.Length.ShouldBe(bins + 1);
        counts.Sum().ShouldBe(values.Count - nonFinite);
        for (var bin = 1; bin < bins - 1; bin++) counts[bin].ShouldBe(values.Count(v => v >= edges[bin] && v < edges[bin + 1]));
    });

    [Fact]
    public void Every_histogram_chunk_survives_bit_for_bit() => Checks.ForAll(Gen.OneOf(Batches.Histogram, Rising).NonEmptyListOf(), Gen.Choose(1, 3), (points, repeats) =>
    {
        // Neighbours with the same edges are stored with the edges once.
        HistogramPoint[] all = [.. points.SelectMany(p => Enumerable.Repeat(p, repeats))];
        var chunk = new HistogramChunk(all, [new BatchRun(4, 1, all.Length)]);
        var data = HistogramChunkCodec.Encode(chunk);
        var decoded = HistogramChunkCodec.Decode(data, "h", 9);
        decoded.Batches.ShouldBe(chunk.Batches);
        decoded.Count.ShouldBe(all.Length);
        for (var i = 0; i < all.Length; i++)
        {
            (decoded.Points[i].Name, decoded.Points[i].SeriesId).ShouldBe(("h", 9));
            (decoded.Points[i].Step, decoded.Points[i].Time).ShouldBe((all[i].Step, all[i].Time));
            decoded.Points[i].Edges.ShouldBeBitwise(all[i].Edges);
            decoded.Points[i].Counts.ShouldBeBitwise(all[i].Counts);
        }

        var header = HistogramChunkCodec.ReadHeader(data.AsSpan(0, Math.Min(80, data.Length)));
        (header.Count, header.FirstSequence, header.FirstStep, header.LastStep).ShouldBe((all.Length, 4, all.Min(p => p.Step), all.Max(p => p.Step)));
        Should.Throw<SeriesFormatException>(() => ScalarChunkCodec.Decode(data)).Message.ShouldContain("kind 2");
    });

    [Fact]
    public void Bytes_changed_under_a_valid_checksum_are_decoded_or_refused_but_never_break() =>
        Checks.ForAll(Batches.Histogram.NonEmptyListOf(), Checks.Changes, (points, changes) =>
        {
            var data = Checks.Forge(HistogramChunkCodec.Encode(new HistogramChunk([.. points], [new BatchRun(1, 0, points.Count)])), changes);
            Checks.DecodesOrRefuses(() => HistogramChunkCodec.Decode(data));
        }, tests: 2000);

    [Theory]
    [InlineData(new double[] { 0, 1 }, new double[] { 1 }, true)]
    [InlineData(new double[] { 0, 1 }, new double[] { 1, 2 }, false)]
    [InlineData(new double[] { 0, 0 }, new double[] { 1 }, false)]
    [InlineData(new double[] { 0, double.NaN }, new double[] { 1 }, false)]
    [InlineData(new double[] { 0, 1 }, new[] { -1e-9 }, false)]
    [InlineData(new double[] { 0 }, new double[0], false)]
    [InlineData(new double[] { 0, 1, 2 }, new[] { double.MaxValue, double.MaxValue }, false)]
    public void Histograms_that_cannot_be_kept_have_a_fault(double[] edges, double[] counts, bool isKept) =>
        (SeriesRules.FaultOfHistogram(edges, counts) is null).ShouldBe(isKept);

    private static List<double> Cumulate(int start, int[] widths)
    {
        var edges = new List<double> { start };
        foreach (var width in widths) edges.Add(edges[^1] + width);
        return edges;
    }
}
