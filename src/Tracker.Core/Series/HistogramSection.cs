namespace Tracker.Core.Series;

/// <summary>The histograms of a journal record, each with its size before it, so that one series can be read alone.</summary>
internal static class HistogramSection
{
    public static void Write(ref ByteWriter writer, List<HistogramPoint> points)
    {
        writer.Varint(points.Count);
        var body = new ByteWriter(1024);
        int previousId = 0;
        long previousStep = 0, previousTime = 0;
        foreach (var point in points)
        {
            if (point.SeriesId < 0) throw new ArgumentException($"Series '{point.Name}' has no number yet.", nameof(points));
            writer.Zigzag((long)point.SeriesId - previousId);
            writer.Zigzag(unchecked(point.Step - previousStep));
            writer.Zigzag(unchecked(point.Time - previousTime));
            (previousId, previousStep, previousTime) = (point.SeriesId, point.Step, point.Time);
            body.Clear();
            HistogramBody.Write(ref body, point.Edges, point.Counts, []);
            writer.Varint(body.Length);
            writer.Bytes(body.Written);
        }

        body.Dispose();
    }

    /// <param name="reader">Stands at the section's beginning.</param>
    /// <param name="into">Gets the points in the order of the batch.</param>
    /// <param name="only">The number of the one series wanted, or null for all.</param>
    /// <param name="nameOf">Names by number, or null.</param>
    public static void Read(ref ByteReader reader, List<HistogramPoint> into, int? only, Func<int, string>? nameOf)
    {
        var count = reader.Count(reader.Remaining / 6, "The number of histograms");
        long id = 0, step = 0, time = 0;
        for (var i = 0; i < count; i++)
        {
            id = unchecked(id + reader.Zigzag());
            if (id is < 0 or > int.MaxValue) ByteReader.Fail($"A series has the number {id}.");
            step = unchecked(step + reader.Zigzag());
            time = unchecked(time + reader.Zigzag());
            var body = new ByteReader(reader.Bytes(reader.Count(reader.Remaining, "The size of a histogram")));
            if (only is { } wanted && wanted != id) continue;
            var (edges, counts) = HistogramBody.Read(ref body, null);
            body.ExpectEnd("A histogram");
            into.Add(new HistogramPoint
            {
                Name = nameOf?.Invoke((int)id) ?? "",
                SeriesId = (int)id,
                Step = step,
                Time = time,
                Edges = edges,
                Counts = counts,
            });
        }

        reader.ExpectEnd("The histogram section");
    }

    /// <summary>The least time of all histograms; null when there are none.</summary>
    public static long? LeastTime(ref ByteReader reader)
    {
        var count = reader.Count(reader.Remaining / 6, "The number of histograms");
        long? least = null;
        long time = 0;
        for (var i = 0; i < count; i++)
        {
            reader.Zigzag();
            reader.Zigzag();
            time = unchecked(time + reader.Zigzag());
            reader.Bytes(reader.Count(reader.Remaining, "The size of a histogram"));
            least = Math.Min(time, least ?? time);
        }

        reader.ExpectEnd("The histogram section");
        return least;
    }
}
