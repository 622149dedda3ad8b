namespace Tracker.Core.Series;

/// <summary>Points of a curve over another series; x may fall. Good during the call.</summary>
public delegate void CurveSink(ReadOnlySpan<double> x, ReadOnlySpan<double> y);

/// <summary>
/// Makes another series the axis: x of a point is that series' value at the same step. Steps that the axis does not have, or where it is not
/// finite, are left out. Both come in rising order of steps, turn by turn; a point waits while its partner may still come.
/// </summary>
public sealed class AxisJoin(CurveSink sink) : IDisposable
{
    private readonly ColumnBuffer _axis = new(withTimes: false);
    private readonly ColumnBuffer _points = new(withTimes: false);
    private readonly ColumnBuffer _joined = new(withTimes: false);
    private double[] _x = [];

    public void AddAxis(ReadOnlySpan<long> steps, ReadOnlySpan<double> values) => Add(_axis, steps, values);

    public void AddPoints(ReadOnlySpan<long> steps, ReadOnlySpan<double> values) => Add(_points, steps, values);

    /// <summary>Says that no step below <paramref name="next"/> comes for the axis any more: points before it wait no longer.</summary>
    public void PassAxis(long next) => Forget(_points, next);

    /// <summary>Says that no step below <paramref name="next"/> comes for the points any more.</summary>
    public void PassPoints(long next) => Forget(_axis, next);

    public void Dispose()
    {
        _axis.Dispose();
        _points.Dispose();
        _joined.Dispose();
    }

    private void Add(ColumnBuffer side, ReadOnlySpan<long> steps, ReadOnlySpan<double> values)
    {
        side.Append(0, steps, [], values);
        int a = 0, p = 0, joined = 0;
        var most = Math.Min(_axis.Count, _points.Count);
        if (most == 0) return;
        if (_x.Length < most) _x = new double[most];
        _joined.Clear();
        _joined.Extend(most);
        var axisSteps = _axis.Steps;
        var pointSteps = _points.Steps;
        var y = _joined.WritableValues;
        while (a < axisSteps.Length && p < pointSteps.Length)
        {
            if (axisSteps[a] < pointSteps[p])
            {
                a++;
                continue;
            }

            if (axisSteps[a] == pointSteps[p] && double.IsFinite(_axis.Values[a])) (_x[joined], y[joined++]) = (_axis.Values[a], _points.Values[p]);
            p++;
        }

        _axis.RemoveFirst(a);
        _points.RemoveFirst(p);
        if (joined > 0) sink(_x.AsSpan(0, joined), y[..joined]);
    }

    private static void Forget(ColumnBuffer side, long next)
    {
        var index = side.Steps.BinarySearch(next);
        side.RemoveFirst(index < 0 ? ~index : index);
    }
}
