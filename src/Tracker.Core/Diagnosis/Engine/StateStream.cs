using System.Text;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// Saves or loads the analyzer's state: each object lists its fields once, in <c>Sync</c>, and the direction is the stream's.
/// Doubles keep every bit.
/// </summary>
internal sealed class StateStream : IDisposable
{
    private readonly BinaryWriter? _writer;
    private readonly BinaryReader? _reader;

    public StateStream(Stream stream, bool loading)
    {
        if (loading) _reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        else _writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
    }

    /// <summary>Flushes; the stream below stays open.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _reader?.Dispose();
    }

    public bool IsLoading => _reader is not null;

    public void Sync(ref bool value)
    {
        if (_reader is null) _writer!.Write(value);
        else value = _reader.ReadBoolean();
    }

    public void Sync(ref int value)
    {
        if (_reader is null) _writer!.Write7BitEncodedInt(value);
        else value = _reader.Read7BitEncodedInt();
    }

    public void Sync(ref long value)
    {
        if (_reader is null) _writer!.Write7BitEncodedInt64(value);
        else value = _reader.Read7BitEncodedInt64();
    }

    public void Sync(ref double value)
    {
        if (_reader is null) _writer!.Write(value);
        else value = _reader.ReadDouble();
    }

    public void Sync(ref string? value)
    {
        var present = value is not null;
        Sync(ref present);
        if (!present) value = null;
        else if (_reader is null) _writer!.Write(value!);
        else value = _reader.ReadString();
    }

    public string SyncText(string value)
    {
        string? text = value;
        Sync(ref text);
        return text!;
    }

    public double? SyncNullable(double? value)
    {
        var present = value.HasValue;
        Sync(ref present);
        var number = value ?? 0;
        if (present) Sync(ref number);
        return present ? number : null;
    }

    /// <summary>The first <paramref name="count"/> numbers of an array; loading allocates it with at least that many.</summary>
    public void Sync(ref double[] values, int count)
    {
        if (_reader is not null && values.Length < count) values = new double[count];
        for (var i = 0; i < count; i++) Sync(ref values[i]);
    }

    /// <summary>The first <paramref name="count"/> numbers of an array; loading allocates it with at least that many.</summary>
    public void Sync(ref long[] values, int count)
    {
        if (_reader is not null && values.Length < count) values = new long[count];
        for (var i = 0; i < count; i++) Sync(ref values[i]);
    }

    /// <summary>Steps, which mostly rise by little: as differences, one or two bytes each.</summary>
    public void SyncRising(ref long[] values, int count)
    {
        if (_reader is not null && values.Length < count) values = new long[count];
        var previous = 0L;
        for (var i = 0; i < count; i++)
        {
            var difference = values[i] - previous;
            Sync(ref difference);
            values[i] = previous += difference;
        }
    }

    /// <summary>A list whose items are immutable: <paramref name="item"/> writes the one that it is given, or makes one from the stream.</summary>
    public void Sync<T>(List<T> items, Func<StateStream, T?, T> item)
    {
        var count = items.Count;
        Sync(ref count);
        if (_reader is null)
        {
            foreach (var one in items) item(this, one);
            return;
        }
        items.Clear();
        for (var i = 0; i < count; i++) items.Add(item(this, default));
    }
}
