using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>
/// Bytes a point after compaction: how much the whole database grew, over the points in it. The journal is vacuumed first, as autovacuum
/// does within a minute; nothing else is touched.
/// </summary>
internal static class StorageFigures
{
    private const double Target = 8;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var data = await bench.DatasetAsync(cancel);
        await using (var vacuum = data.Server.Database.CreateCommand("vacuum journal")) await vacuum.ExecuteNonQueryAsync(cancel);
        var grown = await Dataset.SizeAsync(data.Server, cancel) - data.EmptyBytes;
        Bench.Report(Figure.AtMost("storage", (double)grown / data.Points, "bytes/point", Target));

        await using var command = data.Server.Database.CreateCommand("""
            select sum(octet_length(data))::float8, sum(pg_column_size(data))::float8,
              (select sum(pg_total_relation_size(inhrelid))::float8 from pg_inherits where inhparent = 'chunks'::regclass),
              pg_total_relation_size('journal')::float8, count(*)::float8
            from chunks
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        string[] parts = ["encoded", "stored", "chunks-table", "journal-table"];
        for (var i = 0; i < parts.Length; i++) Bench.Report(new Figure($"storage-{parts[i]}", reader.GetDouble(i) / data.Points, "bytes/point"));
        Bench.Report(new Figure("storage-points-per-chunk", data.Points / reader.GetDouble(4), "points"));
    }
}
