using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

public sealed class CompactorFactory(NpgsqlDataSource database, TailRoom room, TimeProvider clock) : IJournalConsumerFactory
{
    public IJournalConsumer Create(RunRef run) => new Compactor(run, database, room, clock);
}

/// <summary>
/// Moves a run's batches from the journal to chunks, events to their table, and keeps the summaries. Chunks, events, summaries, both cursors
/// and the cut of the journal are one transaction: killed anywhere, a batch is in exactly one place.
/// A run is compacted when its tail passes 8 MiB, 2,000 points in a series or 30 s, when the tails of all runs pass their budget, and when it ends.
/// </summary>
public sealed class Compactor(RunRef run, NpgsqlDataSource database, TailRoom room, TimeProvider clock) : IJournalConsumer, IDisposable
{
    /// <summary>In memory, where a point takes three times as much as in the journal: 8 MiB there.</summary>
    private const long MaxTailBytes = 24 << 20;
    private const int MaxSeriesPoints = 2_000;
    private const string SummariesCursor = "summaries";
    private static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SummaryPause = TimeSpan.FromSeconds(2);

    /// <summary>Runs that began together, as those of a sweep do, are not compacted in the same second: their points are in memory twice meanwhile.</summary>
    private readonly TimeSpan maxAge = LongestAge - TimeSpan.FromSeconds(run.RunKey % 12);

    private readonly CompactorTail tail = new(room);
    private readonly ChunkShelf shelf = new(run.RunKey);
    private Summaries summaries = new();
    private long cursor;
    private long summariesCursor;
    private long summarized;
    private long tailSince;
    private long summariesWrittenAt;
    private bool runEnded;

    public string Name => "compactor";

    public async Task<long> OpenAsync(CancellationToken cancel)
    {
        tail.Clear();
        runEnded = false;
        summaries = new Summaries();
        (cursor, _, _) = await Cursors.OpenAsync(database, run.RunKey, Name, cancel);
        (summariesCursor, _, _) = await Cursors.OpenAsync(database, run.RunKey, SummariesCursor, cancel);
        summarized = summariesCursor;
        await using (var command = database.CreateCommand($"select {Summaries.Columns} from summaries where run_key = $1"))
        {
            command.Parameters.AddWithValue(run.RunKey);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel)) summaries.AddRow(reader);
        }

        await shelf.LoadAsync(database, cancel);
        return cursor;
    }

    public async Task TakeAsync(IReadOnlyList<StoredBatch> batches, CancellationToken cancel)
    {
        foreach (var batch in batches)
        {
            if (tail.IsEmpty) tailSince = clock.GetTimestamp();
            tail.Add(batch);
            foreach (var happened in batch.Batch.Events) runEnded = happened.Kind switch { "finish" => true, "resume" => false, _ => runEnded };
            if (batch.Sequence > summarized)
            {
                summaries.Add(batch.Batch);
                summarized = batch.Sequence;
            }
        }

        if (tail.Bytes >= MaxTailBytes || tail.LongestSeries >= MaxSeriesPoints || room.IsOwedBy(tail.Bytes)) await CompactAsync(cancel);
    }

    public async Task<bool> FlushAsync(bool everything, CancellationToken cancel)
    {
        if (!tail.IsEmpty && (everything || runEnded || room.IsOwedBy(tail.Bytes) || clock.GetElapsedTime(tailSince) >= maxAge)) await CompactAsync(cancel);
        if (summaries.IsDirty && clock.GetElapsedTime(summariesWrittenAt) >= SummaryPause) await WriteSummariesAsync(cancel);
        return tail.IsEmpty;
    }

    public void Dispose() => tail.Clear();

    private async Task WriteSummariesAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await SummarizeAsync(connection, transaction, cancel);
        await transaction.CommitAsync(cancel);
        Summarized();
    }

    private async Task CompactAsync(CancellationToken cancel)
    {
        var through = tail.Through;
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Cursors.MoveAsync(connection, transaction, run.RunKey, Name, cursor, through, cancel);
        await SummarizeAsync(connection, transaction, cancel);
        await shelf.AddAsync(connection, transaction, tail, cancel);
        await WriteEventsAsync(connection, cancel);
        await using (var cut = new NpgsqlCommand("delete from journal where run_key = $1 and sequence <= $2", connection, transaction))
        {
            cut.Parameters.AddWithValue(run.RunKey);
            cut.Parameters.AddWithValue(through);
            await cut.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        cursor = through;
        shelf.Committed();
        Summarized();
        tail.Clear();
    }

    private async Task SummarizeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancel)
    {
        if (summarized == summariesCursor) return;
        await Cursors.MoveAsync(connection, transaction, run.RunKey, SummariesCursor, summariesCursor, summarized, cancel);
        await summaries.WriteAsync(connection, transaction, run, cancel);
    }

    private void Summarized()
    {
        summariesCursor = summarized;
        summariesWrittenAt = clock.GetTimestamp();
        summaries.Written();
    }

    private async Task WriteEventsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (tail.Events.Count == 0) return;
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy events (run_key, sequence, number, kind, name, step, time, level, data) from stdin (format binary)", cancel);
        foreach (var (sequence, number, happened) in tail.Events)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(run.RunKey, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(sequence, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(number, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(happened.Kind, NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(happened.Name, NpgsqlDbType.Text, cancel);
            if (happened.Step is { } step) await copy.WriteAsync(step, NpgsqlDbType.Bigint, cancel);
            else await copy.WriteNullAsync(cancel);
            await copy.WriteAsync(happened.Time, NpgsqlDbType.Bigint, cancel);
            if (happened.Level is { } level) await copy.WriteAsync(level, NpgsqlDbType.Text, cancel);
            else await copy.WriteNullAsync(cancel);
            if (happened.Data is { } data) await copy.WriteAsync(data, NpgsqlDbType.Text, cancel);
            else await copy.WriteNullAsync(cancel);
        }

        await copy.CompleteAsync(cancel);
    }
}
