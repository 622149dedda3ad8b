using System.Runtime.InteropServices;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>
/// Gathers the scalar points of a body by series: whole columns from <c>series</c>, rows from <c>points</c>; a name that comes
/// several times, or in both, becomes one column. Each thread keeps one for its next body: small batches would else allocate more for it than they hold.
/// </summary>
internal sealed class LogBodyColumns
{
    /// <summary>What held more than this is not kept.</summary>
    private const int MostKept = 2_048;

    [ThreadStatic]
    private static LogBodyColumns? _spare;

    private readonly List<LogBodyColumn> _columns = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly List<long> _rowSteps = [];
    private readonly List<long> _rowTimes = [];
    private readonly List<int> _touched = [];
    private int _count;
    private int _expected;

    /// <summary>Whether <c>points</c> stands before <c>series</c> in the body, so that its points come first where steps are equal.</summary>
    public bool RowsFirst { get; set; }

    /// <summary>Values of the row that is open, in order of their writing.</summary>
    public int RowCount => _touched.Count;

    public static LogBodyColumns Rent()
    {
        var rented = _spare ?? new LogBodyColumns();
        _spare = null;
        return rented;
    }

    /// <summary>Empties it for the thread's next body.</summary>
    public void Return()
    {
        if (_count > MostKept || _rowSteps.Count > MostKept) return;
        for (var i = 0; i < _count; i++) _columns[i].Clear();
        (_count, _expected, RowsFirst) = (0, 0, false);
        _byName.Clear();
        _rowSteps.Clear();
        _rowTimes.Clear();
        _touched.Clear();
        _spare = this;
    }

    public int IndexOf(SeriesName name)
    {
        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, name.Text, out var known);
        if (known) return index;
        index = _count++;
        if (_columns.Count < _count) _columns.Add(new LogBodyColumn());
        _columns[index].Name = name;
        return index;
    }

    /// <summary>
    /// The column of a name as it is written in the JSON, or −1. Rows name the same series in the same order, so the one that followed
    /// last time is tried before anything is looked up.
    /// </summary>
    public int Guess(ReadOnlySpan<byte> token) => _expected < _count && token.SequenceEqual(_columns[_expected].Name.Token) ? _expected : -1;

    public string NameOf(int column) => _columns[column].Name.Text;

    /// <summary>The series of the open row's value number <paramref name="position"/>.</summary>
    public string NameInRow(int position) => NameOf(_touched[position]);

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

    /// <summary>Adds the columns in order of first appearance, each ordered by step; series without points are left out.</summary>
    public void Build(List<ScalarColumn> into)
    {
        into.EnsureCapacity(_count);
        long[] rowSteps = [.. _rowSteps], rowTimes = [.. _rowTimes];
        for (var i = 0; i < _count; i++)
        {
            var built = _columns[i].Build(rowSteps, rowTimes, RowsFirst);
            if (built.Count > 0) into.Add(Ordered(built));
        }
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
}
