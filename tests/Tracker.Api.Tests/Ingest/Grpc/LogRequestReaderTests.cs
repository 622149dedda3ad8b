using Google.Protobuf;
using Shouldly;
using Tracker.Api.Ingest.Grpc;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Wire.V1;
using Xunit;

namespace Tracker.Api.Tests.Ingest.Grpc;

/// <summary>The reader of batches against the generated classes, which wrote the bytes.</summary>
public sealed class LogRequestReaderTests
{
    private const long Now = 1_760_000_000_000;

    [Fact]
    public void What_the_generated_class_wrote_is_read()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var request = Random(seed);
            var read = LogRequestReader.Read(request.ToByteArray(), Now);
            (read.Run, read.Writer ?? "", read.Batch ?? 0).ShouldBe((request.Run, request.Writer, (long)request.Batch));
            read.Rejected.ShouldBeEmpty();
            var sent = request.Series.Where(column => column.Values.Count > 0).ToList();
            read.Content.Scalars.Count.ShouldBe(sent.Count);
            foreach (var (there, here) in sent.Zip(read.Content.Scalars))
            {
                here.Name.ShouldBe(there.Name);
                here.Steps.ShouldBe(there.Steps);
                here.Times.ShouldBe(there.Times.Count > 0 ? there.Times : Enumerable.Repeat(Now, here.Count));
                here.Values.Select(BitConverter.DoubleToInt64Bits).ShouldBe(there.Values.Select(BitConverter.DoubleToInt64Bits));
            }

            foreach (var (there, here) in request.Histograms.Zip(read.Content.Histograms))
            {
                (here.Name, here.Step, here.Time).ShouldBe((there.Name, there.Step, there.Time == 0 ? Now : there.Time));
                here.Edges.ShouldBe(there.Edges);
                here.Counts.ShouldBe(there.Counts);
            }

            foreach (var (there, here) in request.Events.Zip(read.Content.Events))
            {
                (here.Kind, here.Name, here.Step, here.Level ?? "", here.Data ?? "").ShouldBe((there.Kind, there.Name, there.HasStep ? there.Step : null, there.Level, there.DataJson));
            }
        }
    }

    [Fact]
    public void Columns_may_come_unpacked_in_pieces_and_among_unknown_fields()
    {
        using var bytes = new MemoryStream();
        using (var column = new CodedOutputStream(bytes, leaveOpen: true))
        {
            for (var i = 0; i < 3; i++)
            {
                column.WriteTag(2, WireFormat.WireType.Varint);
                column.WriteSInt64(i - 1);
                column.WriteTag(4, WireFormat.WireType.Fixed64);
                column.WriteDouble(i / 2.0);
                column.WriteTag(99, WireFormat.WireType.StartGroup);
                column.WriteTag(1, WireFormat.WireType.Fixed32);
                column.WriteFixed32(7);
                column.WriteTag(99, WireFormat.WireType.EndGroup);
            }
        }

        var rest = new ScalarColumn { Name = "a", Steps = { 5, 6 }, Values = { 9, 10 } };
        bytes.Write(rest.ToByteArray());
        using var message = new MemoryStream();
        using (var request = new CodedOutputStream(message, leaveOpen: true))
        {
            request.WriteTag(4, WireFormat.WireType.LengthDelimited);
            request.WriteBytes(ByteString.CopyFrom(bytes.ToArray()));
            request.WriteTag(700, WireFormat.WireType.LengthDelimited);
            request.WriteString("of a newer client");
        }

        var read = LogRequestReader.Read(message.ToArray(), Now).Content.Scalars.ShouldHaveSingleItem();
        read.Steps.ShouldBe([-1, 0, 1, 5, 6]);
        read.Values.ShouldBe([0, 0.5, 1, 9, 10]);
    }

    [Fact]
    public void A_series_that_comes_twice_becomes_one_column_in_the_order_of_its_steps()
    {
        var request = new LogRequest { Series = { Column("a", 5, 6), Column("b", 1), Column("a", 2, 5) } };
        var read = LogRequestReader.Read(request.ToByteArray(), Now);
        read.Content.Scalars.Select(column => column.Name).ShouldBe(["a", "b"]);
        read.Content.Scalars[0].Steps.ShouldBe([2, 5, 5, 6]);
    }

    [Fact]
    public void Points_outside_of_what_can_be_kept_are_named_and_the_others_kept()
    {
        var column = Column("a", 1, long.MaxValue, 3);
        column.Times.Add([0, 0, long.MinValue]);
        // Twice, so that the second comes with columns that were seen before.
        var request = new LogRequest { Series = { column, new ScalarColumn(column) { Name = "b" } } };
        var read = LogRequestReader.Read(request.ToByteArray(), Now);
        read.Content.Scalars.ShouldAllBe(kept => kept.Steps.Length == 1 && kept.Steps[0] == 1);
        read.Rejected.Select(point => point.Series).ShouldBe(["a", "a", "b", "b"]);
    }

    [Fact]
    public void Every_prefix_of_a_message_is_a_message_or_a_status()
    {
        var bytes = Random(3).ToByteArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            try
            {
                LogRequestReader.Read(bytes.AsSpan(0, length), Now);
            }
            catch (GrpcException refused)
            {
                refused.Status.Code.ShouldBeOneOf(GrpcCode.Internal, GrpcCode.InvalidArgument);
            }
        }
    }

    [Fact]
    public void A_text_that_is_not_UTF8_is_refused_with_its_field()
    {
        var bytes = new LogRequest { Series = { Column("a?b", 1) } }.ToByteArray();
        bytes[bytes.AsSpan().IndexOf((byte)'?')] = 0xFF;
        Should.Throw<GrpcException>(() => LogRequestReader.Read(bytes, Now)).Status.Message.ShouldStartWith("series[0].name: ");
    }

    private static ScalarColumn Column(string name, params long[] steps)
    {
        var column = new ScalarColumn { Name = name };
        column.Steps.Add(steps);
        column.Values.Add(steps.Select(step => (double)step));
        return column;
    }

    private static LogRequest Random(int seed)
    {
        var random = new Random(seed);
        var request = new LogRequest { Run = "r" + seed, Writer = seed % 2 == 0 ? "" : "w", Batch = seed % 2 == 0 ? 0ul : (ulong)random.Next(1, 9) };
        var count = random.Next(40);
        for (var s = random.Next(6); s > 0; s--)
        {
            var column = new ScalarColumn { Name = $"série/{s}" };
            for (var i = 0; i < count; i++)
            {
                column.Steps.Add((i * 3L) + (s % 2 == 0 ? 0 : 1L << 40) - 50);
                column.Values.Add(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
                if (seed % 3 == 0) column.Times.Add(Now + (i * 10));
            }

            request.Series.Add(column);
        }

        if (random.Next(2) == 0) request.Histograms.Add(new HistogramPoint { Name = "h", Step = random.Next(), Time = random.Next(2), Edges = { 0, 1, 2 }, Counts = { 1, random.Next() } });
        var happened = new Event { Kind = "note", Name = random.Next(2) == 0 ? "" : "n", Level = random.Next(2) == 0 ? "" : "warn", DataJson = random.Next(2) == 0 ? "" : """{"a": 1}""" };
        if (random.Next(2) == 0) happened.Step = 0;
        request.Events.Add(happened);
        return request;
    }
}
