using System.Globalization;
using System.Text;

namespace Tracker.Bench.Growth;

/// <summary>One curve: its title, what the axis counts, and its points.</summary>
internal sealed record Curve(string Title, string Axis, (double X, double Y)[] Points);

/// <summary>Small panels side by side, both axes logarithmic, as an SVG that reads on light and dark paper.</summary>
internal static class LogPlot
{
    private const int Width = 300;
    private const int Height = 190;
    private const int Left = 56;
    private const int Top = 34;
    private const int Bottom = 40;
    private const int Right = 26;

    public static string Draw(IReadOnlyList<Curve> curves)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width * curves.Count} {Height}" font-family="system-ui, sans-serif" font-size="11">""").AppendLine();
        svg.AppendLine("<style>text{fill:#667085}.t{fill:#344054;font-weight:600}path{fill:none}@media(prefers-color-scheme:dark){text{fill:#98a2b3}.t{fill:#eaecf0}}</style>");
        for (var i = 0; i < curves.Count; i++) Panel(svg, curves[i], i * Width);
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Panel(StringBuilder svg, Curve curve, int x0)
    {
        var (fromX, toX) = Decades(curve.Points.Select(point => point.X));
        var (fromY, toY) = Decades(curve.Points.Select(point => point.Y));
        Text(svg, x0 + Left, 18, curve.Title, "t");
        for (var decade = fromY; decade <= toY; decade++)
        {
            var y = Y(Math.Pow(10, decade));
            svg.Append(CultureInfo.InvariantCulture, $"""<path d="M{x0 + Left} {y:0.#}H{x0 + Width - Right}" stroke="#98a2b3" stroke-opacity=".35"/>""").AppendLine();
            Text(svg, x0 + Left - 6, y + 4, Short(Math.Pow(10, decade)), anchor: "end");
        }

        for (var decade = fromX; decade <= toX; decade++) Text(svg, X(Math.Pow(10, decade)), Height - Bottom + 16, Short(Math.Pow(10, decade)), anchor: "middle");
        Text(svg, x0 + Left + ((Width - Left - Right) / 2.0), Height - 8, curve.Axis, anchor: "middle");
        var path = string.Join('L', curve.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):0.#} {Y(point.Y):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"""<path d="M{path}" stroke="#2e90fa" stroke-width="2"/>""").AppendLine();
        foreach (var (px, py) in curve.Points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<circle cx="{X(px):0.#}" cy="{Y(py):0.#}" r="3.5" fill="#2e90fa"/>""").AppendLine();
            Text(svg, X(px), Y(py) - 8, Short(py), anchor: "middle");
        }

        double X(double value) => x0 + Left + (Share(value, fromX, toX) * (Width - Left - Right));
        double Y(double value) => Height - Bottom - (Share(value, fromY, toY) * (Height - Top - Bottom));
    }

    private static double Share(double value, int from, int to) => (Math.Log10(value) - from) / (to - from);

    private static (int From, int To) Decades(IEnumerable<double> values)
    {
        var all = values.ToList();
        var from = (int)Math.Floor(Math.Log10(all.Min()));
        return (from, Math.Max(from + 1, (int)Math.Ceiling(Math.Log10(all.Max()))));
    }

    private static string Short(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 1e3 => (value / 1e3).ToString("0.#", CultureInfo.InvariantCulture) + " k",
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private static void Text(StringBuilder svg, double x, double y, string text, string? style = null, string anchor = "start") =>
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{x:0.#}" y="{y:0.#}" text-anchor="{anchor}"{(style is null ? "" : $" class=\"{style}\"")}>{text}</text>""").AppendLine();
}
