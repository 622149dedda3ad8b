using System.Globalization;

namespace Tracker.Cli;

/// <summary>A series as a few lines of characters: in every column the range from its least to its greatest value, so that no spike is hidden.</summary>
internal static class TextPlot
{
    private const int Columns = 72;
    private const int Rows = 8;

    public static IEnumerable<string> Draw(string name, IReadOnlyList<(long Step, double Value)> points)
    {
        var finite = points.Where(p => double.IsFinite(p.Value)).ToList();
        if (finite.Count == 0) yield break;
        var (from, to) = (points[0].Step, Math.Max(points[0].Step + 1, points.Max(p => p.Step)));
        var (low, high) = (finite.Min(p => p.Value), finite.Max(p => p.Value));
        // Three decades or more are only readable on a log axis.
        var log = low > 0 && high / low > 1000;
        var bottom = log ? Math.Log(low) : low;
        var height = Math.Max((log ? Math.Log(high) : high) - bottom, 1e-300);
        var cells = new char[Rows, Columns];
        var ranges = new (int Low, int High)?[Columns];
        foreach (var (step, value) in points)
        {
            var column = (int)Math.Min(Columns - 1, (double)(step - from) / (to - from) * Columns);
            if (!double.IsFinite(value))
            {
                cells[Rows - 1, column] = '!';
                continue;
            }
            var row = (int)Math.Round(((log ? Math.Log(value) : value) - bottom) / height * (Rows - 1));
            ranges[column] = ranges[column] is var (l, h) ? (Math.Min(l, row), Math.Max(h, row)) : (row, row);
        }
        for (var column = 0; column < Columns; column++)
        {
            if (ranges[column] is not var (l, h)) continue;
            for (var row = l; row <= h; row++) cells[row, column] = l == h ? '·' : '│';
        }
        for (var row = Rows - 1; row >= 0; row--)
        {
            var label = row == Rows - 1 ? Label(high) : row == 0 ? Label(low) : "";
            var line = string.Concat(Enumerable.Range(0, Columns).Select(c => cells[row, c] == '\0' ? ' ' : cells[row, c]));
            yield return $"{label,12} ┤{line.TrimEnd()}";
        }
        yield return $"{"",12}  {name}{(log ? ", log axis" : "")}, steps {from} to {to}{(finite.Count < points.Count ? "; ! not finite" : "")}";
    }

    private static string Label(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
