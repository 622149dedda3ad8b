using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>
/// Gathers the points of one series in canonical order and cuts them into chunks. Start it with the decoded last chunk of the series
/// to merge small chunks into larger ones. Not for use by several threads at once.
/// </summary>
/// <param name="pointsPerChunk">1 to <see cref="ScalarChunk.MaxPoints"/>.</param>
public sealed class ScalarChunkBuilder(int pointsPerChunk = ScalarChunk.DefaultPoints) : IDisposable
{
    private readonly int _pointsPerChunk = pointsPerChunk is > 0 and <= ScalarChunk.MaxPoints
        ? pointsPerChunk
        : throw new ArgumentOutOfRangeException(nameof(pointsPerChunk), pointsPerChunk, $"1 to {ScalarChunk.MaxPoints}.");

    private readonly ColumnBuffer _columns = new(256);
    private PackedRun[] _batches = [];
    private int _batchCount;
    private long _firstSequence;

    public int Count => _columns.Count;

    /// <summary>Adds an existing chunk that stands after everything added before; it may begin with the rest of the last batch.</summary>
    public void Add(ScalarChunk chunk)
    {
        foreach (var run in chunk.Batches) AddRun(run);
        _columns.Append(0, chunk.Steps, chunk.Times, chunk.Values);
    }

    /// <summary>Adds the points of one batch; its sequence is above those added before.</summary>
    public void Add(long sequence, int writer, ScalarColumn column)
    {
        if (column.Count == 0) return;
        AddRun(new BatchRun(sequence, writer, column.Count));
        _columns.Append(sequence, column);
    }

    /// <summary>
    /// Everything added since the last call, as full chunks and a last one that may be small; the builder is empty afterwards.
    /// A batch may be cut in two by a chunk's end.
    /// </summary>
    public List<ScalarChunk> Build()
    {
        var chunks = new List<ScalarChunk>((Count / _pointsPerChunk) + 1);
        var runs = new List<BatchRun>();
        var (batch, taken) = (0, 0);
        for (var start = 0; start < Count; start += _pointsPerChunk)
        {
            var count = Math.Min(_pointsPerChunk, Count - start);
            runs.Clear();
            for (var left = count; left > 0;)
            {
                var run = RunAt(batch);
                var part = Math.Min(left, run.Count - taken);
                runs.Add(run with { Count = part });
                left -= part;
                taken += part;
                if (taken == run.Count) (batch, taken) = (batch + 1, 0);
            }

            chunks.Add(new ScalarChunk(
                _columns.Steps.Slice(start, count).ToArray(),
                _columns.Times.Slice(start, count).ToArray(),
                _columns.Values.Slice(start, count).ToArray(),
                [.. runs]));
        }

        _columns.Clear();
        _batchCount = 0;
        return chunks;
    }

    public void Dispose()
    {
        _columns.Dispose();
        Replace([]);
    }

    private void AddRun(BatchRun run)
    {
        if (_batchCount == 0) _firstSequence = run.Sequence;
        var last = _batchCount > 0 ? RunAt(_batchCount - 1) : default;
        if (run.Sequence == last.Sequence && run.Writer == last.Writer && _batchCount > 0)
        {
            _batches[_batchCount - 1].Count += run.Count;
            return;
        }

        if (run.Sequence <= last.Sequence) throw new ArgumentException($"Batch {run.Sequence} comes after batch {last.Sequence}.", nameof(run));
        if (_batchCount == _batches.Length) Replace(ArrayPool<PackedRun>.Shared.Rent(Math.Max(16, _batchCount * 2)));
        _batches[_batchCount++] = new PackedRun { Sequence = checked((uint)(run.Sequence - _firstSequence)), Writer = run.Writer, Count = run.Count };
    }

    private BatchRun RunAt(int index)
    {
        ref readonly var packed = ref _batches[index];
        return new BatchRun(_firstSequence + packed.Sequence, packed.Writer, packed.Count);
    }

    private void Replace(PackedRun[] with)
    {
        if (with.Length > 0) _batches.AsSpan(0, _batchCount).CopyTo(with);
        if (_batches.Length > 0) ArrayPool<PackedRun>.Shared.Return(_batches);
        _batches = with;
    }

    /// <summary>Batches of one step give a run a point, so runs are kept small and in pooled arrays. The sequence counts from the first one.</summary>
    private struct PackedRun
    {
        public uint Sequence;
        public int Writer;
        public int Count;
    }
}
