using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>
/// Gives back the batches of a run that were moved to chunks, as the journal held them: a consumer that starts late, or starts anew with another
/// version of its rules, folds the same canonical order.
/// </summary>
public sealed class HistoryReader(NpgsqlDataSource database, SeriesCatalog catalog)
{
    private const int Sequences = 1_024;
    private const long MaxPoints = 4_000_000;

    /// <summary>
    /// Batches above <paramref name="afterSequence"/>, some thousand at most, none above <paramref name="compacted"/>; and the sequence up to which
    /// the answer is complete. A batch that held nothing is not among them.
    /// </summary>
    public async Task<(IReadOnlyList<StoredBatch> Batches, long Through)> ReadAfterAsync(long runKey, long afterSequence, long compacted, CancellationToken cancel)
    {
        var through = await ThroughAsync(runKey, afterSequence, compacted, cancel);
        var series = await catalog.LoadAsync(runKey, cancel);
        var batches = new SortedDictionary<long, StoredBatch>();
        StoredBatch At(long sequence, int writer)
        {
            if (!batches.TryGetValue(sequence, out var batch)) batches[sequence] = batch = new StoredBatch(sequence, writer, new LogBatch());
            return batch;
        }

        await using var command = database.CreateBatch();
        command.BatchCommands.Add(new NpgsqlBatchCommand("""
            select series_id, kind, data from chunks where run_key = $1 and last_sequence > $2 and first_sequence <= $3 order by series_id, number
            """) { Parameters = { new() { Value = runKey }, new() { Value = afterSequence }, new() { Value = through } } });
        command.BatchCommands.Add(new NpgsqlBatchCommand("""
            select sequence, kind, name, step, time, level, data from events where run_key = $1 and sequence > $2 and sequence <= $3 order by sequence, number
            """) { Parameters = { new() { Value = runKey }, new() { Value = afterSequence }, new() { Value = through } } });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var id = reader.GetInt32(0);
            var data = reader.GetFieldValue<byte[]>(2);
            if ((SeriesKind)reader.GetInt16(1) == SeriesKind.Histogram) AddHistograms(HistogramChunkCodec.Decode(data, series.NameOf(id), id));
            else AddScalars(id, ScalarChunkCodec.Decode(data));
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel)) At(reader.GetInt64(0), 0).Batch.Events.Add(EventRows.Read(reader, 1));
        return ([.. batches.Values], through);

        void AddScalars(int id, ScalarChunk chunk)
        {
            var start = 0;
            foreach (var part in chunk.Batches)
            {
                if (part.Sequence > afterSequence && part.Sequence <= through)
                {
                    var range = start..(start + part.Count);
                    Join(At(part.Sequence, part.Writer).Batch.Scalars, new ScalarColumn(series.NameOf(id), chunk.Steps[range], chunk.Times[range], chunk.Values[range]) { SeriesId = id });
                }

                start += part.Count;
            }
        }

        void AddHistograms(HistogramChunk chunk)
        {
            var start = 0;
            foreach (var part in chunk.Batches)
            {
                if (part.Sequence > afterSequence && part.Sequence <= through)
                {
                    At(part.Sequence, part.Writer).Batch.Histograms.AddRange(chunk.Points.Skip(start).Take(part.Count));
                }

                start += part.Count;
            }
        }
    }

    /// <summary>How far one page goes: so many sequences that their chunks hold some million points, but at least one.</summary>
    private async Task<long> ThroughAsync(long runKey, long afterSequence, long compacted, CancellationToken cancel)
    {
        for (var sequences = Sequences; ; sequences /= 4)
        {
            var through = Math.Min(compacted, afterSequence + Math.Max(1, sequences));
            if (sequences <= 1) return through;
            await using var command = database.CreateCommand("select coalesce(sum(points), 0) from chunks where run_key = $1 and last_sequence > $2 and first_sequence <= $3");
            command.Parameters.AddWithValue(runKey);
            command.Parameters.AddWithValue(afterSequence);
            command.Parameters.AddWithValue(through);
            if ((long)(await command.ExecuteScalarAsync(cancel))! <= MaxPoints) return through;
        }
    }

    /// <summary>A batch whose points of one series were split over two chunks is put together again.</summary>
    private static void Join(List<ScalarColumn> columns, ScalarColumn column)
    {
        if (columns.Count > 0 && columns[^1].SeriesId == column.SeriesId)
        {
            var first = columns[^1];
            column = new ScalarColumn(column.Name, [.. first.Steps, .. column.Steps], [.. first.Times, .. column.Times], [.. first.Values, .. column.Values]) { SeriesId = column.SeriesId };
            columns.RemoveAt(columns.Count - 1);
        }

        columns.Add(column);
    }
}
