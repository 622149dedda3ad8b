using System.Runtime.CompilerServices;
using Npgsql;
using Tracker.Api.Storage.Following;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>Reads summaries and whole series, chunks and tail in one statement, so in one snapshot. Reads never compact.</summary>
public sealed class SeriesReader(NpgsqlDataSource database)
{
    internal const string Tail = "run_key = $1 and sequence > coalesce((select sequence from cursors where run_key = $1 and consumer = 'compactor'), 0)";
    private const int BatchesPerPage = 256;

    /// <summary>A page ends where it has so many points, however many a batch or a chunk may hold.</summary>
    private const int PointsPerPage = 65_536;

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
                    if (TailBatch.TryDecode(reader.GetFieldValue<byte[]>(2), names.NameOf) is { } batch) summaries.Add(batch);
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
    /// <param name="runKey">The run.</param>
    /// <param name="seriesId">The series.</param>
    /// <param name="end">The sequence.</param>
    /// <param name="chunksPerPage">How many chunks are held at once; at least 1.</param>
    /// <param name="source">A standby that has the run up to the sequence, or the database.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async IAsyncEnumerable<(ColumnBuffer Points, int First, int Last)> StreamAsync(
        long runKey, int seriesId, long end, int chunksPerPage, NpgsqlDataSource source, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var page = new ColumnBuffer(withSequences: true);
        // The place: how many points of that sequence have been given out. A batch can straddle chunks, and chunks can be merged meanwhile.
        var (sequence, given, limit) = (0L, 0, chunksPerPage);
        while (sequence <= end)
        {
            page.Clear();
            var (complete, through) = await ReadPageAsync(source, runKey, seriesId, sequence, limit, page, cancel);
            var (first, last) = Remaining(page, sequence, given, end);
            if (first < last)
            {
                (sequence, given) = Place(page, first, last, sequence, given);
                yield return (page, first, last);
            }

            if (complete) yield break;
            // Batches that hold nothing of the series lie behind, too.
            if (through > sequence) (sequence, given, first) = (through, 0, -1);
            // One batch that fills all chunks of a page: the next page has to reach past it.
            limit = first < last ? chunksPerPage : limit * 4;
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

    /// <summary>
    /// Reads the next chunks from a sequence on, and the tail after the last of them; answers whether nothing comes after, and up to which batch of
    /// the tail it got.
    /// </summary>
    private static async Task<(bool Complete, long Through)> ReadPageAsync(NpgsqlDataSource source, long runKey, int seriesId, long sequence, int limit, ColumnBuffer page, CancellationToken cancel)
    {
        await using var command = source.CreateCommand($"""
            with next as materialized (
              select number, data from chunks where run_key = $1 and series_id = $2 and last_sequence >= $3 order by number limit $4)
            select 0 as part, number::bigint as at, data from next
            union all
            (select 1, sequence, data from journal where {Tail} and sequence >= $3 and (select count(*) from next) < $4 order by sequence limit {BatchesPerPage})
            order by part, at
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(seriesId);
        command.Parameters.AddWithValue(sequence);
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (chunks, batches, through) = (0, 0, 0L);
        while (await reader.ReadAsync(cancel))
        {
            var data = reader.GetFieldValue<byte[]>(2);
            if (reader.GetInt32(0) == 0)
            {
                chunks++;
                ScalarChunkCodec.DecodeInto(data, page);
                continue;
            }

            (batches, through) = (batches + 1, reader.GetInt64(1));
            TailBatch.TryAppend(data, seriesId, through, page);
            if (page.Count >= PointsPerPage) return (false, through);
        }

        return (chunks < limit && batches < BatchesPerPage, through);
    }
}
