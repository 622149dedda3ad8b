using System.Globalization;

namespace Tracker.Core.Alerts.Drawing;

/// <summary>What a small picture of a curve shows.</summary>
public sealed record Curve
{
    /// <summary>Above the picture: the name of the series.</summary>
    public required string Title { get; init; }

    /// <summary>Steps, rising.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>Values, finite, as many as steps.</summary>
    public required IReadOnlyList<double> Y { get; init; }

    /// <summary>Steps at which the value is not finite.</summary>
    public IReadOnlyList<double> NonFinite { get; init; } = [];

    /// <summary>The step since which it holds: a line from top to bottom.</summary>
    public double? Onset { get; init; }

    /// <summary>The range of the evidence: tinted.</summary>
    public (double From, double To)? Evidence { get; init; }

    /// <summary>A threshold that was passed: a dashed line.</summary>
    public double? Threshold { get; init; }
}

/// <summary>Draws a curve with the evidence marked, 480 × 200 pixels, for messages.</summary>
public static class CurvePicture
{
    private const int Width = 480;
    private const int Height = 200;
    private const int Left = 56;
    private const int Right = 470;
    private const int Top = 24;
    private const int Bottom = 178;

    private const int Paper = 0xFFFFFF;
    private const int Ink = 0x1D2127;
    private const int Grey = 0x8A919C;
    private const int Faint = 0xE4E7EB;
    private const int Blue = 0x0072B2;
    private const int Red = 0xC62828;

    /// <summary>The picture as PNG.</summary>
    public static byte[] Render(Curve curve) => PngEncoder.Encode(Draw(curve));

    /// <summary>The picture.</summary>
    public static Canvas Draw(Curve curve)
    {
        var canvas = new Canvas(Width, Height, Paper);
        var title = curve.Title.Length <= 64 ? curve.Title : curve.Title[..61] + "...";
        canvas.Text(Left, 9, title, Ink);
        var steps = curve.X.Concat(curve.NonFinite).DefaultIfEmpty(0).ToList();
        var (fromX, toX) = (steps.Min(), steps.Max());
        if (toX <= fromX) toX = fromX + 1;
        var (low, high, log) = Range(curve);
        double Column(double x) => Left + (Math.Clamp((x - fromX) / (toX - fromX), 0, 1) * (Right - Left));
        double Row(double y) => Bottom - (Math.Clamp(((log ? Math.Log10(y) : y) - low) / (high - low), 0, 1) * (Bottom - Top));

        if (curve.Evidence is var (from, to))
        {
            var (first, last) = ((int)Column(from), (int)Math.Ceiling(Column(to)));
            canvas.Fill(first, Top, Math.Max(2, last - first), Bottom - Top, Red, 0.10);
        }
        for (var line = 0; line <= 4; line++)
        {
            var y = Bottom - (line * (Bottom - Top) / 4.0);
            canvas.Line(Left, y, Right, y, 1, Faint, line == 0 ? 1 : 0.7);
            if (line % 2 == 0) Label(canvas, y, low + ((high - low) * line / 4), log);
        }
        canvas.Text(Left, Bottom + 8, Number(fromX), Grey);
        var end = "step " + Number(toX);
        canvas.Text(Right - (end.Length * Font.Advance), Bottom + 8, end, Grey);
        if (curve.Threshold is { } threshold && (!log || threshold > 0) && Within(log ? Math.Log10(threshold) : threshold, low, high))
            canvas.Dashes(Left, Row(threshold), Right, Row(threshold), Red, 0.8);
        if (curve.Onset is { } onset && onset >= fromX && onset <= toX) canvas.Line(Column(onset), Top, Column(onset), Bottom, 1, Red, 0.7);
        for (var i = 1; i < curve.X.Count; i++) canvas.Line(Column(curve.X[i - 1]), Row(curve.Y[i - 1]), Column(curve.X[i]), Row(curve.Y[i]), 1.6, Blue);
        if (curve.X.Count == 1) canvas.Line(Column(curve.X[0]), Row(curve.Y[0]), Column(curve.X[0]), Row(curve.Y[0]), 4, Blue);
        foreach (var x in Thin(curve.NonFinite.Select(Column))) canvas.Triangle(x, Top, 7, Red);
        if (curve.NonFinite.Count > 0) canvas.Text(Right - 120, 9, "NaN or infinite", Red);
        return canvas;
    }

    /// <summary>What the axis spans: logarithms where the values are positive and spread over three decades or more.</summary>
    private static (double Low, double High, bool Log) Range(Curve curve)
    {
        if (curve.Y.Count == 0) return (0, 1, false);
        var (low, high) = (curve.Y.Min(), curve.Y.Max());
        // A threshold close by is shown too.
        if (curve.Threshold is { } threshold && double.IsFinite(threshold) && Within(threshold, low - (high - low), high + (high - low))) (low, high) = (Math.Min(low, threshold), Math.Max(high, threshold));
        var log = low > 0 && high / low >= 1000;
        if (log) (low, high) = (Math.Log10(low), Math.Log10(high));
        var room = (high - low) * 0.06;
        if (!(room > 0)) room = Math.Max(Math.Abs(high) * 0.1, 1e-9);
        return double.IsFinite(high - low + room) ? (low - room, high + room, log) : (low / 4, (high / 4) + 1, log);
    }

    private static bool Within(double value, double low, double high) => value >= low && value <= high;

    private static void Label(Canvas canvas, double y, double value, bool log)
    {
        var text = Number(log ? Math.Pow(10, value) : value);
        canvas.Text(Left - 6 - (text.Length * Font.Advance), (int)y - 3, text, Grey);
    }

    /// <summary>Marks that would lie on each other are drawn once.</summary>
    private static IEnumerable<double> Thin(IEnumerable<double> columns)
    {
        var last = double.NegativeInfinity;
        foreach (var column in columns.Order())
        {
            if (column - last < 4) continue;
            yield return last = column;
        }
    }

    private static string Number(double value)
    {
        var size = Math.Abs(value);
        return value == 0 ? "0"
            : size is >= 1e6 or < 1e-3 ? value.ToString("0.##E0", CultureInfo.InvariantCulture)
            : size >= 1000 && value == Math.Floor(value) ? value.ToString("#,##0", CultureInfo.InvariantCulture)
            : value.ToString("G4", CultureInfo.InvariantCulture);
    }
}
