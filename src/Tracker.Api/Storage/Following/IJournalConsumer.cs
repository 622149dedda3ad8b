using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// What is fed by a run's follower: compactor, analyzer. Each keeps a cursor row of its own, which it moves only in the transaction that writes
/// its results and only from where it left it; when the row was moved by another node, <see cref="CursorMovedException"/> tells the follower to
/// drop what is in memory and open anew.
/// </summary>
public interface IJournalConsumer
{
    string Name { get; }

    /// <summary>Loads what was saved and answers with the sequence after which batches are wanted.</summary>
    Task<long> OpenAsync(CancellationToken cancel);

    /// <summary>Takes batches in order, each one once.</summary>
    Task TakeAsync(IReadOnlyList<StoredBatch> batches, CancellationToken cancel);

    /// <summary>Writes what is due by time; everything when <paramref name="everything"/>. Answers whether nothing is left to write.</summary>
    Task<bool> FlushAsync(bool everything, CancellationToken cancel);
}

/// <summary>Makes the consumers of a run.</summary>
public interface IJournalConsumerFactory
{
    IJournalConsumer Create(RunRef run);
}

/// <summary>Another node has moved this consumer's cursor: what is in memory is out of date.</summary>
public sealed class CursorMovedException(string consumer) : Exception($"The cursor of {consumer} was moved by another node.");
