using System.Runtime.CompilerServices;
using Npgsql;
using Tracker.Api.Storage.Following;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>Reads series: chunks and tail in one statement, so in one snapshot. Reads never compact.</summary>
public sealed class SeriesReader(NpgsqlDataSource database)
{
    private const string Tail = "run_key = $1 and sequence > coalesce((select sequence from cursors where run_key = $1 and consumer = 'compactor'), 0)";
    private const int ChunksPerPage = 16;

    /// <summary>All points of some scalar series in canonical order, and the sequence up to which that is. Dispose of the buffers.</summary>
    public async Task<(long Sequence, Dictionary<int, ColumnBuffer> Columns)> ReadScalarsAsync(long runKey, IReadOnlyList<int> seriesIds, CancellationToken cancel)
    {
        var columns = seriesIds.Distinct().ToDictionary(id => id, _ => new ColumnBuffer(withSequences: true));
        var sequence = await ReadAsync(runKey, seriesIds, (id, chunk) => ScalarChunkCodec.DecodeInto(chunk, columns[id]), (at, batch) =>
        {
            foreach (var (id, buffer) in columns) JournalCodec.AppendScalar(batch, id, at, buffer);
        }, cancel);
        return (sequence, columns);
    }

    /// <summary>All points of one histogram series in canonical order.</summary>
    public async Task<(long Sequence, List<HistogramPoint> Points)> ReadHistogramsAsync(long runKey, int seriesId, CancellationToken cancel)
    {
        var points = new List<HistogramPoint>();
        var sequence = await ReadAsync(runKey, [seriesId], (_, chunk) => points.AddRange(HistogramChunkCodec.Decode(chunk).Points),
            (_, batch) => points.AddRange(JournalCodec.DecodeHistograms(batch, seriesId)), cancel);
        return (sequence, points);
    }

    /// <summary>The summaries of all series of a run, the tail included, and the sequence up to which that is.</summary>
    public async Task<(long Sequence, Summaries Summaries)> SummarizeAsync(long runKey, RunSeries names, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"""
            select 0 as part, 0::bigint as at, null::bytea as batch, {Summaries.Columns} from summaries where run_key = $1
            union all
            select 1, sequence, data, 0, '', 0::smallint, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from journal
            where run_key = $1 and sequence > coalesce((select sequence from cursors where run_key = $1 and consumer = 'summaries'), 0)
            union all
            select 2, sequence, null, 0, '', 0::smallint, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from run_heads where run_key = $1
            order by part, at
            """);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var summaries = new Summaries();
        long sequence = 0;
        while (await reader.ReadAsync(cancel))
        {
            switch (reader.GetInt32(0))
            {
                case 0:
                    summaries.AddRow(reader, 3);
                    break;
                case 1:
                    summaries.Add(JournalCodec.Decode(reader.GetFieldValue<byte[]>(2), names.NameOf));
                    break;
                default:
                    sequence = reader.GetInt64(1);
                    break;
            }
        }

        return (sequence, summaries);
    }

    /// <summary>Sequence of the run's last batch.</summary>
    public async Task<long> HeadAsync(long runKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select sequence from run_heads where run_key = $1");
        command.Parameters.AddWithValue(runKey);
        return await command.ExecuteScalarAsync(cancel) as long? ?? 0;
    }

    /// <summary>
    /// Every point of one series up to a sequence, in canonical order, a page at a time, each page in a statement of its own: constant memory, no
    /// long transaction. A page is the points <c>First</c> to <c>Last</c> (exclusive) of a buffer that is good until the next page is asked for.
    /// </summary>
    public async IAsyncEnumerable<(ColumnBuffer Points, int First, int Last)> StreamAsync(
        long runKey, int seriesId, long end, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var page = new ColumnBuffer(withSequences: true);
        // The place: how many points of that sequence have been given out. A batch can straddle chunks, and chunks can be merged meanwhile.
        var (sequence, given, limit) = (0L, 0, ChunksPerPage);
        while (sequence <= end)
        {
            page.Clear();
            var complete = await ReadPageAsync(runKey, seriesId, sequence, limit, page, cancel);
            var (first, last) = Remaining(page, sequence, given, end);
            if (first < last)
            {
                (sequence, given) = Place(page, first, last, sequence, given);
                yield return (page, first, last);
            }

            if (complete) yield break;
            // One batch that fills all chunks of a page: the next page has to reach past it.
            limit = first < last ? ChunksPerPage : limit * 4;
        }
    }

    private static (int First, int Last) Remaining(ColumnBuffer page, long sequence, int given, long end)
    {
        var sequences = page.Sequences;
        var first = 0;
        while (first < sequences.Length && sequences[first] < sequence) first++;
        var skip = given;
        while (skip > 0 && first < sequences.Length && sequences[first] == sequence) (first, skip) = (first + 1, skip - 1);
        var last = sequences.Length;
        while (last > first && sequences[last - 1] > end) last--;
        return (first, last);
    }

    private static (long Sequence, int Given) Place(ColumnBuffer page, int first, int last, long sequence, int given)
    {
        var at = page.Sequences[last - 1];
        var count = 0;
        for (var i = last - 1; i >= first && page.Sequences[i] == at; i--) count++;
        return (at, at == sequence ? given + count : count);
    }

    /// <summary>Reads the next chunks from a sequence on, and the tail after the last of them; answers whether nothing comes after.</summary>
    private async Task<bool> ReadPageAsync(long runKey, int seriesId, long sequence, int limit, ColumnBuffer page, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"""
            with next as materialized (
              select number, data from chunks where run_key = $1 and series_id = $2 and last_sequence >= $3 order by number limit $4)
            select 0 as part, number::bigint as at, data from next
            union all
            select 1, sequence, data from journal where {Tail} and sequence >= $3 and (select count(*) from next) < $4
            order by part, at
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(seriesId);
        command.Parameters.AddWithValue(sequence);
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var chunks = 0;
        while (await reader.ReadAsync(cancel))
        {
            var data = reader.GetFieldValue<byte[]>(2);
            if (reader.GetInt32(0) == 0)
            {
                chunks++;
                ScalarChunkCodec.DecodeInto(data, page);
            }
            else
            {
                JournalCodec.AppendScalar(data, seriesId, reader.GetInt64(1), page);
            }
        }

        return chunks < limit;
    }

    private async Task<long> ReadAsync(long runKey, IReadOnlyList<int> seriesIds, Action<int, byte[]> onChunk, Action<long, byte[]> onBatch, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"""
            select 0 as part, series_id, number::bigint as at, data from chunks where run_key = $1 and series_id = any ($2)
            union all
            select 1, 0, sequence, data from journal where {Tail}
            union all
            select 2, 0, sequence, null from run_heads where run_key = $1
            order by part, series_id, at
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(seriesIds.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        long sequence = 0;
        while (await reader.ReadAsync(cancel))
        {
            switch (reader.GetInt32(0))
            {
                case 0:
                    onChunk(reader.GetInt32(1), reader.GetFieldValue<byte[]>(3));
                    break;
                case 1:
                    onBatch(reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
                    break;
                default:
                    sequence = reader.GetInt64(2);
                    break;
            }
        }

        return sequence;
    }
}
