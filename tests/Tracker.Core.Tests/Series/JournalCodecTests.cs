using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class JournalCodecTests
{
    [Fact]
    public void Every_batch_survives_bit_for_bit_its_series_in_the_order_of_their_numbers() => Checks.ForAll(Batches.Batch, sent =>
    {
        var decoded = JournalCodec.Decode(JournalCodec.Encode(sent), id => $"s{id}");
        var batch = new LogBatch { Scalars = [.. sent.Scalars.OrderBy(column => column.SeriesId)], Histograms = [.. sent.Histograms.OrderBy(histogram => histogram.SeriesId)], Events = sent.Events };
        decoded.Scalars.Count.ShouldBe(batch.Scalars.Count);
        for (var i = 0; i < batch.Scalars.Count; i++)
        {
            decoded.Scalars[i].ShouldBeSame(batch.Scalars[i]);
            decoded.Scalars[i].Name.ShouldBe($"s{batch.Scalars[i].SeriesId}");
        }

        decoded.Histograms.Count.ShouldBe(batch.Histograms.Count);
        for (var i = 0; i < batch.Histograms.Count; i++) decoded.Histograms[i].ShouldBeSame(batch.Histograms[i]);
        decoded.Events.Count.ShouldBe(batch.Events.Count);
        for (var i = 0; i < batch.Events.Count; i++) ShouldBeSame(decoded.Events[i], batch.Events[i]);
    });

    [Fact]
    public void One_series_can_be_read_alone() => Checks.ForAll(Batches.Batch, batch =>
    {
        var data = JournalCodec.Encode(batch);
        using var buffer = new ColumnBuffer(4, withSequences: true);
        var expected = 0;
        foreach (var column in batch.Scalars)
        {
            JournalCodec.DecodeScalar(data, column.SeriesId).ShouldNotBeNull().ShouldBeSame(column);
            JournalCodec.AppendScalar(data, column.SeriesId, 17, buffer).ShouldBeTrue();
            buffer.Values[expected..].ToArray().ShouldBeBitwise(column.Values);
            buffer.Steps[expected..].ToArray().ShouldBe(column.Steps);
            buffer.Times[expected..].ToArray().ShouldBe(column.Times);
            expected += column.Count;
        }

        buffer.Sequences.ToArray().ShouldBe(Enumerable.Repeat(17L, expected));
        JournalCodec.DecodeScalar(data, 999_999).ShouldBeNull();
        JournalCodec.AppendScalar(data, 999_999, 1, buffer).ShouldBeFalse();
        foreach (var group in batch.Histograms.GroupBy(h => h.SeriesId))
        {
            var alone = JournalCodec.DecodeHistograms(data, group.Key);
            alone.Count.ShouldBe(group.Count());
            foreach (var (actual, sent) in alone.Zip(group)) actual.ShouldBeSame(sent);
        }

        JournalCodec.DecodeEvents(data).Count.ShouldBe(batch.Events.Count);
    });

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 9)]
    public void A_hundred_series_of_ten_steps_stay_small(bool asFloat32, double bytesPerPoint)
    {
        var random = new Random(1);
        var batch = new LogBatch();
        for (var s = 0; s < 100; s++)
        {
            long[] steps = [.. Enumerable.Range(1000, 10)];
            long[] times = [.. Enumerable.Range(0, 10).Select(i => 1_760_000_000_000 + (100L * i) + (i % 3))];
            double[] values = [.. Enumerable.Range(0, 10).Select(_ => asFloat32 ? random.NextSingle() : random.NextDouble())];
            batch.Scalars.Add(new ScalarColumn($"s{s}", steps, times, values) { SeriesId = s });
        }

        ((double)JournalCodec.Encode(batch).Length / batch.PointCount).ShouldBeLessThan(bytesPerPoint);
    }

    [Fact]
    public void Columns_that_series_share_are_decoded_once()
    {
        var batch = new LogBatch
        {
            Scalars =
            [
                new ScalarColumn("a", [1, 2], [5, 6], [1, 2]) { SeriesId = 0 },
                new ScalarColumn("b", [1, 2], [5, 6], [3, 4]) { SeriesId = 1 },
            ],
        };
        var decoded = JournalCodec.Decode(JournalCodec.Encode(batch));
        decoded.Scalars[1].Steps.ShouldBeSameAs(decoded.Scalars[0].Steps);
        decoded.Scalars[1].Times.ShouldBeSameAs(decoded.Scalars[0].Times);
    }

    [Fact]
    public void A_series_without_a_number_is_refused() =>
        Should.Throw<ArgumentException>(() => JournalCodec.Encode(new LogBatch { Scalars = [new ScalarColumn("a", [1], [1], [1])] }));

    [Fact]
    public void Bytes_that_were_changed_or_cut_are_refused() => Checks.ForAll(Batches.Batch, Checks.Position, (batch, position) =>
    {
        var data = JournalCodec.Encode(batch);
        Should.Throw<SeriesFormatException>(() => JournalCodec.Decode(data.AsSpan(0, position % data.Length)));
        data[position % data.Length] ^= 0x10;
        Should.Throw<SeriesFormatException>(() => JournalCodec.Decode(data));
    });

    [Fact]
    public void Another_version_is_named_in_the_refusal()
    {
        var data = JournalCodec.Encode(new LogBatch());
        data[0] = 2;
        Should.Throw<SeriesFormatException>(() => JournalCodec.Decode(data)).Message.ShouldContain("version 2");
    }

    [Fact]
    public void Bytes_changed_under_a_valid_checksum_are_decoded_or_refused_but_never_break() =>
        Checks.ForAll(Batches.Batch, Checks.Changes, (batch, changes) =>
        {
            var data = Checks.Forge(JournalCodec.Encode(batch), changes);
            Checks.DecodesOrRefuses(() => JournalCodec.Decode(data));
            Checks.DecodesOrRefuses(() => JournalCodec.DecodeScalar(data, 3));
            Checks.DecodesOrRefuses(() => JournalCodec.DecodeHistograms(data, 3));
            Checks.DecodesOrRefuses(() => JournalCodec.DecodeEvents(data));
        }, tests: 3000);

    private static void ShouldBeSame(RunEvent actual, RunEvent expected) =>
        (actual.Kind, actual.Name, actual.Step, actual.Time, actual.Level, actual.Data)
            .ShouldBe((expected.Kind, expected.Name, expected.Step, expected.Time, expected.Level, expected.Data));
}
