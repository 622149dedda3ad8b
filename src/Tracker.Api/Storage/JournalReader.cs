using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <param name="Gap">The batches after the asked sequence have been moved to chunks, at least in part: read them from there.</param>
/// <param name="Head">Sequence of the run's last batch.</param>
/// <param name="Compacted">Sequence up to which batches are in chunks.</param>
/// <param name="Batches">Batches in order, without a hole, names filled in.</param>
public sealed record JournalPage(bool Gap, long Head, long Compacted, IReadOnlyList<StoredBatch> Batches)
{
    public static readonly JournalPage Gone = new(false, 0, 0, []);
}

/// <summary>Reads a run's journal after a sequence, in one statement. Whoever follows a run reads it here.</summary>
public sealed partial class JournalReader(NpgsqlDataSource database, SeriesCatalog catalog, RecentBatches recent, ILogger<JournalReader> log)
{
    /// <summary>Keeps what comes for a run in memory for a reader of its own, as long as it fits, until the answer is disposed of.</summary>
    public IDisposable Hold(long runKey) => recent.Hold(runKey);

    /// <summary>
    /// What follows a sequence, for a reader that has read the journal up to it: from memory when the next batch came through this node a moment ago,
    /// <see cref="JournalPage.Head"/> being then the last one that is known here; else from the journal.
    /// </summary>
    public async ValueTask<JournalPage> FollowAsync(long runKey, long afterSequence, int maxBytes, CancellationToken cancel)
    {
        var batches = recent.After(runKey, afterSequence);
        return batches.Count > 0 ? new JournalPage(false, batches[^1].Sequence, 0, batches) : await ReadAfterAsync(runKey, afterSequence, maxBytes, cancel);
    }

    /// <summary>
    /// Batches with a sequence above <paramref name="afterSequence"/>, until their bytes pass <paramref name="maxBytes"/> (the first one always comes).
    /// </summary>
    public async Task<JournalPage> ReadAfterAsync(long runKey, long afterSequence, int maxBytes, CancellationToken cancel)
    {
        var rows = new List<(long Sequence, int Writer, byte[] Data)>();
        long head = 0, compacted = 0;
        await using (var command = database.CreateCommand("""
            select h.sequence, coalesce(c.sequence, 0), j.sequence, j.writer, j.data
            from run_heads h
            left join cursors c on c.run_key = h.run_key and c.consumer = 'compactor'
            left join lateral (
              select w.sequence, w.writer, w.data
              from (
                select sequence, writer, data, sum(octet_length(data)) over (order by sequence) - octet_length(data) as before
                from (select sequence, writer, data from journal where run_key = h.run_key and sequence > $2 order by sequence limit 2000) newest
              ) w
              where w.before < $3
            ) j on true
            where h.run_key = $1 and not h.deleted
            order by j.sequence
            """))
        {
            command.Parameters.AddWithValue(runKey);
            command.Parameters.AddWithValue(afterSequence);
            command.Parameters.AddWithValue((long)maxBytes);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                head = reader.GetInt64(0);
                compacted = reader.GetInt64(1);
                if (!reader.IsDBNull(2)) rows.Add((reader.GetInt64(2), reader.GetInt32(3), reader.GetFieldValue<byte[]>(4)));
            }
        }

        if (head == 0) return JournalPage.Gone;
        // Sequences have no holes: a first row that is not the next one says that those between were compacted.
        if (afterSequence < head && (rows.Count == 0 || rows[0].Sequence != afterSequence + 1)) return new JournalPage(true, head, compacted, []);
        return new JournalPage(false, head, compacted, await DecodeAsync(runKey, rows, cancel));
    }

    private async Task<IReadOnlyList<StoredBatch>> DecodeAsync(long runKey, List<(long Sequence, int Writer, byte[] Data)> rows, CancellationToken cancel)
    {
        var batches = new List<StoredBatch>(rows.Count);
        var series = await catalog.EnsureAsync(runKey, 0, cancel);
        foreach (var row in rows)
        {
            try
            {
                var batch = JournalCodec.Decode(row.Data, series.NameOf);
                if (batch.Scalars.Exists(column => column.Name.Length == 0) || batch.Histograms.Exists(histogram => histogram.Name.Length == 0))
                {
                    // Another node registered these names.
                    series = await catalog.LoadAsync(runKey, cancel);
                    batch = JournalCodec.Decode(row.Data, series.NameOf);
                }

                batches.Add(new StoredBatch(row.Sequence, row.Writer, batch));
            }
            catch (SeriesFormatException error)
            {
                await SetAsideAsync(runKey, row.Sequence, row.Data, error.Message, cancel);
                batches.Add(new StoredBatch(row.Sequence, row.Writer, new LogBatch()));
            }
        }

        return batches;
    }

    /// <summary>A batch that cannot be decoded is set aside, reported and passed.</summary>
    private async Task SetAsideAsync(long runKey, long sequence, byte[] data, string reason, CancellationToken cancel)
    {
        LogUndecodable(runKey, sequence, reason);
        await using var command = database.CreateCommand(
            "insert into journal_rejects (run_key, sequence, reason, data) values ($1, $2, $3, $4) on conflict do nothing");
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(sequence);
        command.Parameters.AddWithValue(NpgsqlDbType.Text, reason);
        command.Parameters.AddWithValue(data);
        await command.ExecuteNonQueryAsync(cancel);
    }

    [LoggerMessage(2030, LogLevel.Error, "Batch {Sequence} of run key {RunKey} cannot be decoded and was set aside: {Reason}")]
    private partial void LogUndecodable(long runKey, long sequence, string reason);
}
