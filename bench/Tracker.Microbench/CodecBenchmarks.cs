using BenchmarkDotNet.Attributes;
using Tracker.Core.Series;

namespace Tracker.Microbench;

/// <summary>A chunk of 4,096 points, a journal record of 1,000.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks : IDisposable
{
    private readonly ScalarChunk _chunk = Points.Chunk();
    private readonly byte[] _chunkBytes = ScalarChunkCodec.Encode(Points.Chunk());
    private readonly LogBatch _batch = Points.Batch();
    private readonly byte[] _record = JournalCodec.Encode(Points.Batch());
    private readonly ColumnBuffer _all = new();
    private readonly ColumnBuffer _withoutTimes = new(withTimes: false);

    [GlobalCleanup]
    public void Dispose()
    {
        _all.Dispose();
        _withoutTimes.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public byte[] EncodeChunk() => ScalarChunkCodec.Encode(_chunk);

    [Benchmark]
    public int DecodeChunk()
    {
        _all.Clear();
        ScalarChunkCodec.DecodeInto(_chunkBytes, _all);
        return _all.Count;
    }

    [Benchmark]
    public int DecodeChunkWithoutTimes()
    {
        _withoutTimes.Clear();
        ScalarChunkCodec.DecodeInto(_chunkBytes, _withoutTimes);
        return _withoutTimes.Count;
    }

    [Benchmark]
    public byte[] EncodeRecord() => JournalCodec.Encode(_batch);

    [Benchmark]
    public LogBatch DecodeRecord() => JournalCodec.Decode(_record);
}
