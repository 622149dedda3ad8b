using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>
/// Some series of a run at one moment: the rows of their chunks, the tail of the journal, and on demand the bytes of chunks, all in one snapshot
/// of the database. Dispose of it soon: it holds a connection.
/// </summary>
public sealed class SeriesSnapshot : IAsyncDisposable
{
    private readonly long runKey;
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly Dictionary<int, List<StoredChunk>> chunks = [];
    private readonly Dictionary<int, ColumnBuffer> tails = [];

    private SeriesSnapshot(long runKey, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (this.runKey, this.connection, this.transaction) = (runKey, connection, transaction);

    /// <summary>Number of the run's last batch: all points up to it are here.</summary>
    public long Sequence { get; private set; }

    /// <summary>When the run was thinned out; null when it was not.</summary>
    public DateTime? ThinnedAt { get; private set; }

    /// <summary>Time of the run's first point, Unix milliseconds, whatever its series; null when it has none or was not asked for.</summary>
    public long? Start { get; private set; }

    /// <param name="database">Where from.</param>
    /// <param name="runKey">The run.</param>
    /// <param name="seriesIds">Scalar series.</param>
    /// <param name="withTimes">Whether tails keep their times.</param>
    /// <param name="withStart">Whether <see cref="Start"/> is wanted.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async Task<SeriesSnapshot> OpenAsync(NpgsqlDataSource database, long runKey, IReadOnlyCollection<int> seriesIds, bool withTimes, bool withStart, CancellationToken cancel)
    {
        var opened = await database.OpenConnectionAsync(cancel);
        var snapshot = new SeriesSnapshot(runKey, opened, await opened.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel));
        try
        {
            foreach (var id in seriesIds) snapshot.tails.TryAdd(id, new ColumnBuffer(16, withTimes: withTimes));
            await snapshot.LoadAsync(seriesIds, snapshot.AppendToTails, withStart, cancel);
            return snapshot;
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    /// <summary>A histogram series at one moment; <see cref="Histograms"/> are its tail.</summary>
    public static async Task<SeriesSnapshot> OpenHistogramsAsync(NpgsqlDataSource database, long runKey, int seriesId, CancellationToken cancel)
    {
        var opened = await database.OpenConnectionAsync(cancel);
        var snapshot = new SeriesSnapshot(runKey, opened, await opened.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel));
        try
        {
            await snapshot.LoadAsync([seriesId], data => snapshot.Histograms.AddRange(TailBatch.Histograms(data, seriesId)), withStart: false, cancel);
            return snapshot;
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    /// <summary>The histograms that are in no chunk yet, in canonical order.</summary>
    public List<HistogramPoint> Histograms { get; } = [];

    /// <summary>The chunks of a series, in canonical order.</summary>
    public IReadOnlyList<StoredChunk> ChunksOf(int seriesId) => chunks.GetValueOrDefault(seriesId) ?? [];

    /// <summary>The points of a series that are in no chunk yet, in canonical order.</summary>
    public ColumnBuffer TailOf(int seriesId) => tails[seriesId];

    /// <summary>The bytes of chunks, in the order asked for. Each is good until the next is taken.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(IReadOnlyList<StoredChunk> wanted, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (wanted.Count == 0) yield break;
        // "offset 0" keeps it a lookup for each chunk: never a scan of the run's other chunks.
        await using var command = new NpgsqlCommand("""
            select c.data
            from unnest($2, $3) with ordinality as w (series_id, number, position),
              lateral (select data from chunks where run_key = $1 and series_id = w.series_id and number = w.number offset 0) c
            order by w.position
            """, connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. wanted.Select(chunk => chunk.SeriesId)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. wanted.Select(chunk => chunk.Number)] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) yield return await reader.GetFieldValueAsync<byte[]>(0, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tail in tails.Values) tail.Dispose();
        tails.Clear();
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private async Task LoadAsync(IReadOnlyCollection<int> seriesIds, Action<byte[]> onBatch, bool withStart, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        NpgsqlBatchCommand Add(string text, params NpgsqlParameter[] more)
        {
            var command = new NpgsqlBatchCommand(text) { Parameters = { new NpgsqlParameter<long> { TypedValue = runKey } } };
            foreach (var parameter in more) command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
            return command;
        }

        Add("select sequence, thinned_at from run_heads join runs using (run_key) where run_key = $1");
        Add($"select data from journal where {SeriesReader.Tail} order by sequence");
        Add("""
            select series_id, number, points, first_step, last_step, first_time, last_time, summary
            from chunks where run_key = $1 and series_id = any ($2) order by series_id, number
            """, new NpgsqlParameter<int[]> { TypedValue = [.. seriesIds.Distinct()] });
        if (withStart) Add("select min(first_time) from summaries where run_key = $1");

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (await reader.ReadAsync(cancel)) (Sequence, ThinnedAt) = (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetDateTime(1));
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var data = reader.GetFieldValue<byte[]>(0);
            onBatch(data);
            if (withStart && TailBatch.LeastTime(data) is { } least) Start = Math.Min(least, Start ?? least);
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel)) AddChunk(reader);
        if (withStart && await reader.NextResultAsync(cancel) && await reader.ReadAsync(cancel) && !reader.IsDBNull(0)) Start = Math.Min(reader.GetInt64(0), Start ?? long.MaxValue);
    }

    private void AppendToTails(byte[] data)
    {
        foreach (var (id, tail) in tails) TailBatch.TryAppend(data, id, 0, tail);
    }

    private void AddChunk(NpgsqlDataReader reader)
    {
        long? Time(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
        var id = reader.GetInt32(0);
        if (!chunks.TryGetValue(id, out var rows)) chunks[id] = rows = [];
        rows.Add(new StoredChunk(id, reader.GetInt32(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetInt64(4), Time(5), Time(6),
            reader.IsDBNull(7) ? null : ChunkSummary.Decode(reader.GetFieldValue<byte[]>(7))));
    }
}
