using System.Buffers.Binary;
using System.Text;
using Tracker.Cli.TensorBoard;

namespace Tracker.Cli.Tests;

/// <summary>Event files byte for byte as TensorBoard's writers make them.</summary>
internal sealed class EventFileWriter : IDisposable
{
    private readonly FileStream _file;

    public EventFileWriter(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        if (_file.Position == 0) Write([.. Fixed64(1, 1_700_000_000), .. Bytes(3, "brain.Event:2"u8)]);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>SummaryWriter.add_scalar of PyTorch and TorchSharp.</summary>
    public void Simple(string tag, long step, float value, double time = 1_700_000_000) =>
        Event(time, step, Bytes(5, Bytes(1, [.. Bytes(1, Encoding.UTF8.GetBytes(tag)), .. Key(2, 5), .. Little(value)])));

    /// <summary>tf.summary.scalar; the plugin stands with the first value only.</summary>
    public void Tensor(string tag, long step, float value, bool isFirst) =>
        Event(1_700_000_000, step, Bytes(5, Bytes(1, [.. Bytes(1, Encoding.UTF8.GetBytes(tag)), .. Bytes(8, [.. Varint(1, 1), .. Bytes(2, []), .. Bytes(4, Little(value))]), .. Plugin(isFirst, "scalars")])));

    /// <summary>HistogramProto: right edges and counts.</summary>
    public void Histogram(string tag, long step, double least, double greatest, double[] limits, double[] counts) => Event(
        1_700_000_000, step, Bytes(5, Bytes(1,
        [
            .. Bytes(1, Encoding.UTF8.GetBytes(tag)),
            .. Bytes(5, [.. Fixed64(1, least), .. Fixed64(2, greatest), .. Fixed64(3, counts.Sum()), .. Bytes(6, Doubles(limits)), .. Bytes(7, Doubles(counts))]),
        ])));

    /// <summary>tf.summary.histogram: rows of left, right, count.</summary>
    public void HistogramTensor(string tag, long step, double[] rows, bool isFirst) => Event(
        1_700_000_000, step, Bytes(5, Bytes(1,
        [
            .. Bytes(1, Encoding.UTF8.GetBytes(tag)),
            .. Bytes(8, [.. Varint(1, 2), .. Bytes(2, [.. Bytes(2, Varint(1, (ulong)rows.Length / 3)), .. Bytes(2, Varint(1, 3))]), .. Bytes(4, Doubles(rows))]),
            .. Plugin(isFirst, "histograms"),
        ])));

    public void Image(string tag, long step) => Event(1_700_000_000, step, Bytes(5, Bytes(1, [.. Bytes(1, Encoding.UTF8.GetBytes(tag)), .. Bytes(4, [1, 2, 3])])));

    /// <summary>SummaryWriter(purge_step): what stands at this step and after is void.</summary>
    public void Restart(long step) => Event(1_700_000_000, step, Bytes(7, Varint(1, 1)));

    /// <summary>A record of which only the first bytes are there.</summary>
    public void Torn(string tag, long step, float value)
    {
        var before = _file.Position;
        Simple(tag, step, value);
        _file.SetLength(before + 20);
    }

    public static byte[] Record(byte[] data)
    {
        var record = new byte[16 + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Crc32C.Masked(record.AsSpan(0, 8)));
        data.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Crc32C.Masked(data));
        return record;
    }

    private void Event(double time, long step, byte[] rest) => Write([.. Fixed64(1, time), .. Varint(2, (ulong)step), .. rest]);

    private void Write(byte[] data)
    {
        _file.Write(Record(data));
        _file.Flush();
    }

    private static byte[] Plugin(bool isFirst, string name) => isFirst ? Bytes(9, Bytes(1, Bytes(1, Encoding.UTF8.GetBytes(name)))) : [];

    private static byte[] Key(int field, int type) => [(byte)((field << 3) | type)];

    private static byte[] Fixed64(int field, double value)
    {
        var bytes = new byte[9];
        bytes[0] = Key(field, 1)[0];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(1), value);
        return bytes;
    }

    private static byte[] Varint(int field, ulong value) => [.. Key(field, 0), .. Number(value)];

    private static byte[] Bytes(int field, ReadOnlySpan<byte> content) => [.. Key(field, 2), .. Number((ulong)content.Length), .. content];

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Little(float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Doubles(double[] values)
    {
        var bytes = new byte[8 * values.Length];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i]);
        return bytes;
    }
}
