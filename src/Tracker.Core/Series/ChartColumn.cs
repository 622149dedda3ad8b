namespace Tracker.Core.Series;

/// <summary>A point that a chart may keep.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">Finite.</param>
/// <param name="Smoothed">The smoothed value there.</param>
/// <param name="Order">Its place among all points of the series; points of equal x stand in this order.</param>
internal readonly record struct ChartPoint(double X, double Y, double Smoothed, long Order)
{
    public bool IsBefore(in ChartPoint other) => X < other.X || (X == other.X && Order < other.Order);
}

/// <summary>
/// What a pixel column keeps of its points. Adding points, and adding what two columns kept, gives the same in any order:
/// that is why columns can be filled from parts and joined when the grid widens.
/// </summary>
internal struct ChartColumn
{
    public bool HasPoints;
    public ChartPoint First;
    public ChartPoint Least;
    public ChartPoint Greatest;
    public ChartPoint Last;

    public void Add(in ChartPoint first, in ChartPoint least, in ChartPoint greatest, in ChartPoint last)
    {
        if (!HasPoints)
        {
            (HasPoints, First, Least, Greatest, Last) = (true, first, least, greatest, last);
            return;
        }

        if (first.IsBefore(First)) First = first;
        if (Last.IsBefore(last)) Last = last;
        if (least.Y < Least.Y || (least.Y == Least.Y && least.IsBefore(Least))) Least = least;
        if (greatest.Y > Greatest.Y || (greatest.Y == Greatest.Y && greatest.IsBefore(Greatest))) Greatest = greatest;
    }

    public readonly void AppendTo(List<ChartPoint> points)
    {
        var (early, late) = Greatest.IsBefore(Least) ? (Greatest, Least) : (Least, Greatest);
        points.Add(First);
        if (early.Order != First.Order) points.Add(early);
        if (late.Order != early.Order && late.Order != First.Order) points.Add(late);
        if (Last.Order != late.Order && Last.Order != First.Order) points.Add(Last);
    }
}
