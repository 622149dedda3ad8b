namespace Tracker.Api.Ingest.Grpc;

/// <summary>A repeated field as it comes together: mostly one packed piece, which is taken as it is; else pieces and single values.</summary>
internal struct RepeatedValues<T>
{
    private T[]? _values;
    private int _count;

    public readonly int Count => _count;

    public void Add(T[] piece)
    {
        if (_count == 0)
        {
            (_values, _count) = (piece, piece.Length);
            return;
        }

        Reserve(piece.Length);
        piece.CopyTo(_values!, _count);
        _count += piece.Length;
    }

    public void Add(T value)
    {
        Reserve(1);
        _values![_count++] = value;
    }

    public readonly T[] ToArray() => _values is null ? [] : _values.Length == _count ? _values : _values[.._count];

    private void Reserve(int more)
    {
        // A full array may be shared with other columns; growing copies it.
        if (_values is null) _values = new T[Math.Max(more, 8)];
        else if (_count + more > _values.Length) Array.Resize(ref _values, Math.Max(_count + more, _values.Length * 2));
    }
}
