using System.Text;
using Google.Protobuf;
using Tracker.Testing;
using Tracker.Wire.V1;

namespace Tracker.Bench.Load;

/// <summary>
/// The frame of one batch of <c>LogStream</c>, with the points of <see cref="BatchBody"/>. Numbers that change from batch to batch are varints
/// of fixed width, so that a frame can be used again with other numbers at next to no cost.
/// </summary>
internal sealed class GrpcBody
{
    private const int FrameHeader = 5;
    private const int BatchWidth = 5;
    private const int StepWidth = 4;
    private const int TimeWidth = 6;

    private readonly byte[] _frame;
    private readonly int _batchAt;
    private readonly int[] _stepsAt;
    private readonly int[] _timesAt;
    private readonly int _steps;

    /// <inheritdoc cref="BatchBody(string, IReadOnlyList{string}, int, long, Func{string, long, double})"/>
    /// <param name="run">Id of the run.</param>
    public GrpcBody(string run, string writer, IReadOnlyList<string> names, int steps, long firstStep, Func<string, long, double> value)
    {
        (Points, _steps) = (names.Count * steps, steps);
        (_stepsAt, _timesAt) = (new int[names.Count], new int[names.Count]);
        using var message = new MemoryStream();
        using (var output = new CodedOutputStream(message, leaveOpen: true))
        {
            output.WriteTag(LogRequest.RunFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteString(run);
            output.WriteTag(LogRequest.WriterFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteString(writer);
            output.WriteTag(LogRequest.BatchFieldNumber, WireFormat.WireType.Varint);
            output.Flush();
            _batchAt = (int)message.Length;
            message.Write(new byte[BatchWidth]);
            for (var series = 0; series < names.Count; series++)
            {
                var column = Column(names[series], [.. Enumerable.Range(0, steps).Select(i => value(names[series], firstStep + i))], out var stepsAt, out var timesAt);
                output.WriteTag(LogRequest.SeriesFieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteLength(column.Length);
                output.Flush();
                (_stepsAt[series], _timesAt[series]) = ((int)message.Length + stepsAt, (int)message.Length + timesAt);
                message.Write(column);
            }
        }

        _frame = GrpcClient.Frame(message.ToArray());
        Number(1, firstStep);
    }

    public int Points { get; }

    public int Steps => _steps;

    public ReadOnlyMemory<byte> Frame => _frame;

    /// <summary>Makes it the batch of this number, its points beginning at this step.</summary>
    public void Number(long batch, long firstStep)
    {
        var message = _frame.AsSpan(FrameHeader);
        Varint(message.Slice(_batchAt, BatchWidth), (ulong)batch);
        var steps = message.Slice(_stepsAt[0], _steps * StepWidth);
        var times = message.Slice(_timesAt[0], _steps * TimeWidth);
        for (var i = 0; i < _steps; i++)
        {
            Varint(steps.Slice(i * StepWidth, StepWidth), (ulong)(firstStep + i) * 2);
            Varint(times.Slice(i * TimeWidth, TimeWidth), (ulong)BatchBody.TimeOf(firstStep + i) * 2);
        }

        foreach (var at in _stepsAt.AsSpan(1)) steps.CopyTo(message[at..]);
        foreach (var at in _timesAt.AsSpan(1)) times.CopyTo(message[at..]);
    }

    private static byte[] Column(string name, double[] values, out int stepsAt, out int timesAt)
    {
        using var bytes = new MemoryStream();
        Field(bytes, ScalarColumn.NameFieldNumber, Encoding.UTF8.GetBytes(name));
        stepsAt = Field(bytes, ScalarColumn.StepsFieldNumber, new byte[values.Length * StepWidth]);
        timesAt = Field(bytes, ScalarColumn.TimesFieldNumber, new byte[values.Length * TimeWidth]);
        bytes.Write(new ScalarColumn { Values = { values } }.ToByteArray());
        return bytes.ToArray();
    }

    /// <returns>Where its bytes begin.</returns>
    private static int Field(MemoryStream into, int number, byte[] bytes)
    {
        using var output = new CodedOutputStream(into, leaveOpen: true);
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
        output.Flush();
        return (int)into.Length - bytes.Length;
    }

    private static void Varint(Span<byte> place, ulong value)
    {
        for (var i = 0; i < place.Length - 1; i++, value >>= 7) place[i] = (byte)(value | 0x80);
        place[^1] = checked((byte)value);
    }
}
