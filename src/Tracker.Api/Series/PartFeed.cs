using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Decodes the parts of series one after the other and puts them into the order of steps.</summary>
internal sealed class PartFeed(SeriesSnapshot snapshot, bool withTimes) : IDisposable
{
    private readonly ColumnBuffer chunk = new(withTimes: withTimes);

    /// <summary>Gives a part to the merge of its series.</summary>
    /// <param name="part">A part, <see cref="ChartPart.Next"/> set.</param>
    /// <param name="seriesId">Its series.</param>
    /// <param name="merge">Gets the points.</param>
    /// <param name="bytes">Stands before the chunk's bytes.</param>
    public async ValueTask AddAsync(ChartPart part, int seriesId, StepMerge merge, IAsyncEnumerator<ReadOnlyMemory<byte>> bytes)
    {
        if (part.Chunk is null)
        {
            merge.Add(snapshot.TailOf(seriesId), part.Rank, part.StepsRise, part.Next);
            return;
        }

        if (!await bytes.MoveNextAsync()) throw new InvalidOperationException($"Chunk {part.Chunk.Number} of series {seriesId} is gone within a snapshot.");
        chunk.Clear();
        var rising = ScalarChunkCodec.DecodeInto(bytes.Current.Span, chunk);
        merge.Add(chunk, part.Rank, rising, part.Next);
    }

    /// <summary>Says in each part where the next one begins.</summary>
    public static void Link(IReadOnlyList<ChartPart> parts)
    {
        for (var i = 0; i < parts.Count; i++) parts[i].Next = i + 1 < parts.Count ? parts[i + 1].FirstStep : long.MaxValue;
    }

    /// <summary>The chunks among the parts.</summary>
    public static IEnumerable<StoredChunk> ChunksOf(IEnumerable<ChartPart> parts) => parts.Select(part => part.Chunk).OfType<StoredChunk>();

    public void Dispose() => chunk.Dispose();
}
