using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>One series of a body while it is read: columns from <c>series</c>, values of rows from <c>points</c>.</summary>
internal sealed class LogBodyColumn
{
    private const int MostRowsKept = 1_024;
    private static readonly SeriesName None = new([], "");

    private long[] _steps = [];
    private long[] _times = [];
    private double[] _values = [];
    private int[] _rows = [];
    private double[] _rowValues = [];
    private int _rowCount;

    public SeriesName Name { get; set; } = None;

    /// <summary>Points that came as columns.</summary>
    public int Count { get; private set; }

    public void Add(long[] steps, long[] times, double[] values)
    {
        if (Count == 0)
        {
            // The usual case: the arrays are taken as they are, and may be shared with other columns.
            (_steps, _times, _values, Count) = (steps, times, values, values.Length);
            return;
        }

        Append(ref _steps, steps);
        Append(ref _times, times);
        Append(ref _values, values);
        Count += values.Length;
    }

    public bool TryAddRow(int row, double value)
    {
        if (_rowCount > 0 && _rows[_rowCount - 1] == row) return false;
        if (_rowCount == _rows.Length)
        {
            Array.Resize(ref _rows, Math.Max(8, _rowCount * 2));
            Array.Resize(ref _rowValues, _rows.Length);
        }

        _rows[_rowCount] = row;
        _rowValues[_rowCount++] = value;
        return true;
    }

    public void DropRow() => _rowCount--;

    public ScalarColumn Build(long[] rowSteps, long[] rowTimes, bool rowsFirst)
    {
        var columns = new ScalarColumn(Name.Text, Trim(_steps), Trim(_times), Trim(_values));
        if (_rowCount == 0) return columns;
        var values = _rowValues.AsSpan(0, _rowCount).ToArray();
        var everyRow = _rowCount == rowSteps.Length;
        var rows = new ScalarColumn(Name.Text, everyRow ? rowSteps : Gather(rowSteps), everyRow ? rowTimes : Gather(rowTimes), values);
        if (Count == 0) return rows;
        var (a, b) = rowsFirst ? (rows, columns) : (columns, rows);
        return new ScalarColumn(Name.Text, [.. a.Steps, .. b.Steps], [.. a.Times, .. b.Times], [.. a.Values, .. b.Values]);
    }

    /// <summary>Forgets everything but its room for rows.</summary>
    public void Clear()
    {
        (Name, Count, _rowCount) = (None, 0, 0);
        (_steps, _times, _values) = ([], [], []);
        if (_rows.Length > MostRowsKept) (_rows, _rowValues) = ([], []);
    }

    private long[] Gather(long[] source)
    {
        var gathered = new long[_rowCount];
        for (var i = 0; i < gathered.Length; i++) gathered[i] = source[_rows[i]];
        return gathered;
    }

    private T[] Trim<T>(T[] array) => array.Length == Count ? array : array.AsSpan(0, Count).ToArray();

    private void Append<T>(ref T[] array, T[] more)
    {
        // Resize copies, so an array that other columns share is never written to.
        if (Count + more.Length > array.Length) Array.Resize(ref array, Math.Max(Count + more.Length, array.Length * 2));
        more.CopyTo(array, Count);
    }
}
