using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class ScalarChunkCodecTests
{
    private static readonly Gen<ScalarChunk> Chunks =
        from length in Gen.Frequency((9, Gen.Choose(1, 200)), (1, Gen.Choose(4000, 4096)))
        from steps in Batches.Integers(length)
        from times in Batches.Integers(length)
        from values in Batches.Values(length)
        from batches in BatchesOf(length)
        select new ScalarChunk(steps, times, values, batches);

    [Fact]
    public void Every_chunk_survives_bit_for_bit() => Checks.ForAll(Chunks, chunk =>
    {
        var data = ScalarChunkCodec.Encode(chunk);
        var decoded = ScalarChunkCodec.Decode(data);
        decoded.Steps.ShouldBe(chunk.Steps);
        decoded.Times.ShouldBe(chunk.Times);
        decoded.Values.ShouldBeBitwise(chunk.Values);
        decoded.Batches.ShouldBe(chunk.Batches);

        using var buffer = new ColumnBuffer(1, withSequences: true);
        ScalarChunkCodec.DecodeInto(data, buffer);
        ScalarChunkCodec.DecodeInto(data, buffer);
        buffer.Steps.ToArray().ShouldBe([.. chunk.Steps, .. chunk.Steps]);
        buffer.Times.ToArray().ShouldBe([.. chunk.Times, .. chunk.Times]);
        buffer.Values.ToArray().ShouldBeBitwise([.. chunk.Values, .. chunk.Values]);
        buffer.Sequences[chunk.Count..].ToArray().ShouldBe([.. chunk.Batches.SelectMany(b => Enumerable.Repeat(b.Sequence, b.Count))]);
    });

    [Fact]
    public void The_header_tells_the_truth_and_can_be_read_from_80_bytes() => Checks.ForAll(Chunks, chunk =>
    {
        var data = ScalarChunkCodec.Encode(chunk);
        var header = ScalarChunkCodec.ReadHeader(data.AsSpan(0, Math.Min(80, data.Length)));
        var finite = chunk.Values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).ToArray();
        header.ShouldBe(new ChunkHeader
        {
            Count = chunk.Count,
            FirstStep = chunk.Steps.Min(),
            LastStep = chunk.Steps.Max(),
            FirstSequence = chunk.Batches[0].Sequence,
            LastSequence = chunk.Batches[^1].Sequence,
            Min = finite.Min(),
            Max = finite.Max(),
            NonFinite = chunk.Values.Count(v => !double.IsFinite(v)),
            InOrder = chunk.Steps.Zip(chunk.Steps.Skip(1)).All(pair => pair.First < pair.Second),
        });
    });

    [Fact]
    public void A_regular_series_of_float32_values_takes_less_than_6_bytes_a_point_with_its_times()
    {
        var random = new Random(1);
        var time = 1_760_000_000_000L;
        var count = ScalarChunk.DefaultPoints;
        var times = new long[count];
        // A step takes 100 ms give or take 3, and each hundredth waits 8 s for a validation.
        for (var i = 0; i < count; i++) times[i] = time += 100 + random.Next(-3, 4) + (i % 100 == 99 ? 8_000 : 0);
        long[] steps = [.. Enumerable.Range(0, count)];
        double[] values = [.. steps.Select(_ => (double)random.NextSingle())];
        BatchRun[] batches = [.. Enumerable.Range(1, count / 8).Select(i => new BatchRun(i * 3, 1, 8))];
        ((double)ScalarChunkCodec.Encode(new ScalarChunk(steps, times, values, batches)).Length / count).ShouldBeLessThan(6);
    }

    [Fact]
    public void A_chunk_that_is_refused_leaves_the_buffer_as_it_was()
    {
        var data = ScalarChunkCodec.Encode(new ScalarChunk([1, 2], [5, 6], [1, 2], [new BatchRun(1, 0, 2)]));
        using var buffer = new ColumnBuffer();
        ScalarChunkCodec.DecodeInto(data, buffer);
        data[2] = 3;
        Checks.Forge(data, []);
        Should.Throw<SeriesFormatException>(() => ScalarChunkCodec.DecodeInto(data, buffer));
        buffer.Values.ToArray().ShouldBe([1.0, 2.0]);
    }

    [Fact]
    public void Bytes_that_were_changed_or_cut_are_refused() => Checks.ForAll(Chunks, Checks.Position, (chunk, position) =>
    {
        var data = ScalarChunkCodec.Encode(chunk);
        Should.Throw<SeriesFormatException>(() => ScalarChunkCodec.Decode(data.AsSpan(0, position % data.Length)));
        data[position % data.Length] ^= 0x10;
        Should.Throw<SeriesFormatException>(() => ScalarChunkCodec.Decode(data));
    });

    [Fact]
    public void Bytes_changed_under_a_valid_checksum_are_decoded_or_refused_but_never_break() => Checks.ForAll(Chunks, Checks.Changes, (chunk, changes) =>
    {
        var data = Checks.Forge(ScalarChunkCodec.Encode(chunk), changes);
        using var buffer = new ColumnBuffer(1, withSequences: true);
        Checks.DecodesOrRefuses(() => ScalarChunkCodec.Decode(data));
        Checks.DecodesOrRefuses(() => ScalarChunkCodec.DecodeInto(data, buffer));
        Checks.DecodesOrRefuses(() => HistogramChunkCodec.Decode(data));
    }, tests: 2000);

    [Fact]
    public void Batches_that_do_not_add_up_or_rise_are_refused_when_a_chunk_is_made()
    {
        Should.Throw<ArgumentException>(() => new ScalarChunk([1], [1], [1], []));
        Should.Throw<ArgumentException>(() => new ScalarChunk([1], [1], [1], [new BatchRun(1, 0, 2)]));
        Should.Throw<ArgumentException>(() => new ScalarChunk([1, 2], [1, 2], [1, 2], [new BatchRun(2, 0, 1), new BatchRun(2, 0, 1)]));
        Should.Throw<ArgumentException>(() => new ScalarChunk([], [], [], []));
        Should.Throw<ArgumentException>(() => new ScalarChunk([1], [1, 2], [1], [new BatchRun(1, 0, 1)]));
    }

    [Fact]
    public void The_builder_cuts_chunks_and_keeps_every_point_with_its_batch() =>
        Checks.ForAll(Batches.Column(50).ListOf(), Gen.Choose(1, 60), (columns, size) =>
        {
            using var builder = new ScalarChunkBuilder(size);
            for (var i = 0; i < columns.Count; i++) builder.Add((i * 2) + 1, i % 3, columns[i]);
            var chunks = builder.Build();
            builder.Count.ShouldBe(0);
            ShouldHold(chunks, columns, size);

            // What was cut can be put together again: a small last chunk merged with what follows, or all of them anew.
            foreach (var chunk in chunks) builder.Add(chunk);
            ShouldHold(builder.Build(), columns, size);
        });

    [Fact]
    public void The_builder_refuses_a_batch_out_of_order()
    {
        using var builder = new ScalarChunkBuilder();
        builder.Add(5, 0, new ScalarColumn("", [1], [1], [1]));
        Should.Throw<ArgumentException>(() => builder.Add(4, 0, new ScalarColumn("", [1], [1], [1])));
        Should.Throw<ArgumentException>(() => builder.Add(new ScalarChunk([1], [1], [1], [new BatchRun(3, 0, 1)])));
        builder.Count.ShouldBe(1);
    }

    private static void ShouldHold(List<ScalarChunk> chunks, IList<ScalarColumn> columns, int size)
    {
        chunks.SelectMany(c => c.Steps).ShouldBe(columns.SelectMany(c => c.Steps));
        chunks.SelectMany(c => c.Times).ShouldBe(columns.SelectMany(c => c.Times));
        chunks.SelectMany(c => c.Values).ToArray().ShouldBeBitwise([.. columns.SelectMany(c => c.Values)]);
        chunks.SelectMany(c => c.Batches).SelectMany(b => Enumerable.Repeat((b.Sequence, b.Writer), b.Count))
            .ShouldBe(columns.SelectMany((c, i) => Enumerable.Repeat(((i * 2L) + 1, i % 3), c.Count)));
        chunks.SkipLast(1).ShouldAllBe(c => c.Count == size);
    }

    private static Gen<BatchRun[]> BatchesOf(int length) =>
        from size in Gen.Choose(1, 20)
        from jitter in Gen.Choose(0, 3)
        from writers in Gen.Choose(1, 4)
        select Cut(length, size, jitter, writers);

    private static BatchRun[] Cut(int length, int size, int jitter, int writers)
    {
        var runs = new List<BatchRun>();
        for (var left = length; left > 0;)
        {
            var count = Math.Min(left, size + (runs.Count * jitter % 5));
            runs.Add(new BatchRun(1 + ((long)runs.Count * (jitter + 1)), runs.Count % writers, count));
            left -= count;
        }

        return [.. runs];
    }
}
