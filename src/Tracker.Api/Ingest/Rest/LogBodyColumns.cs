using System.Runtime.InteropServices;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>
/// Gathers the scalar points of a body by series: whole columns from <c>series</c>, rows from <c>points</c>; a name that comes
/// several times, or in both, becomes one column.
/// </summary>
internal sealed class LogBodyColumns
{
    private readonly List<Column> _columns = [];
    private readonly Dictionary<string, int> _byName = [];
    private readonly List<long> _rowSteps = [];
    private readonly List<long> _rowTimes = [];
    private readonly List<int> _touched = [];
    private int _expected;

    /// <summary>Whether <c>points</c> stands before <c>series</c> in the body, so that its points come first where steps are equal.</summary>
    public bool RowsFirst { get; set; }

    /// <summary>Values of the row that is open, in order of their writing.</summary>
    public int RowCount => _touched.Count;

    public int IndexOf(string name)
    {
        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, name, out var known);
        if (known) return index;
        index = _columns.Count;
        _columns.Add(new Column(name));
        return index;
    }

    /// <summary>
    /// The column of a name as it is written in the JSON, or −1. Rows name the same series in the same order, so the one that followed
    /// last time is tried before anything is decoded.
    /// </summary>
    public int Guess(ReadOnlySpan<byte> token) => _expected < _columns.Count && token.SequenceEqual(_columns[_expected].Token) ? _expected : -1;

    /// <summary>Remembers how the name of a column is written, for <see cref="Guess"/>.</summary>
    public void Remember(int column, ReadOnlySpan<byte> token)
    {
        if (_columns[column].Token.Length == 0) _columns[column].Token = token.ToArray();
    }

    public string NameOf(int column) => _columns[column].Name;

    /// <summary>The series of the open row's value number <paramref name="position"/>.</summary>
    public string NameInRow(int position) => _columns[_touched[position]].Name;

    public void Add(int column, long[] steps, long[] times, double[] values) => _columns[column].Add(steps, times, values);

    /// <summary>Adds a value to the open row; false when the row has one of that series already.</summary>
    public bool AddToRow(int column, double value)
    {
        _expected = column + 1;
        if (!_columns[column].TryAddRow(_rowSteps.Count, value)) return false;
        _touched.Add(column);
        return true;
    }

    public void EndRow(long step, long time)
    {
        _rowSteps.Add(step);
        _rowTimes.Add(time);
        _touched.Clear();
        _expected = 0;
    }

    /// <summary>Takes the values of the open row back.</summary>
    public void DropRow()
    {
        foreach (var column in _touched) _columns[column].DropRow();
        _touched.Clear();
        _expected = 0;
    }

    /// <summary>Columns in order of first appearance, each ordered by step; series without points are left out.</summary>
    public List<ScalarColumn> Build()
    {
        var built = new List<ScalarColumn>(_columns.Count);
        long[] rowSteps = [.. _rowSteps], rowTimes = [.. _rowTimes];
        foreach (var column in _columns)
        {
            var done = column.Build(rowSteps, rowTimes, RowsFirst);
            if (done.Count > 0) built.Add(Ordered(done));
        }

        return built;
    }

    private static ScalarColumn Ordered(ScalarColumn column)
    {
        var steps = column.Steps;
        for (var i = 1; i < steps.Length; i++)
        {
            if (steps[i] < steps[i - 1]) return StepColumns.OrderByStep(column);
        }

        return column;
    }

    private sealed class Column(string name)
    {
        private long[] _steps = [];
        private long[] _times = [];
        private double[] _values = [];
        private int[] _rows = [];
        private double[] _rowValues = [];
        private int _rowCount;

        public string Name { get; } = name;

        public byte[] Token { get; set; } = [];

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
            var columns = new ScalarColumn(Name, Trim(_steps), Trim(_times), Trim(_values));
            if (_rowCount == 0) return columns;
            var values = _rowValues.AsSpan(0, _rowCount).ToArray();
            var everyRow = _rowCount == rowSteps.Length;
            var rows = new ScalarColumn(Name, everyRow ? rowSteps : Gather(rowSteps), everyRow ? rowTimes : Gather(rowTimes), values);
            if (Count == 0) return rows;
            var (a, b) = rowsFirst ? (rows, columns) : (columns, rows);
            return new ScalarColumn(Name, [.. a.Steps, .. b.Steps], [.. a.Times, .. b.Times], [.. a.Values, .. b.Values]);
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
}
