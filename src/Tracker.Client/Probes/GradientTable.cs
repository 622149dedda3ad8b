using System.Globalization;
using System.Text;

namespace Tracker.Client.Probes;

/// <summary>What the norm of a gradient says.</summary>
public enum GradientStatus
{
    /// <summary>Between the thresholds.</summary>
    Ok,

    /// <summary>There is none, or it is exactly 0.</summary>
    NoGradient,

    /// <summary>Smaller than <see cref="GradientTable.Vanishing"/>.</summary>
    Vanishing,

    /// <summary>Greater than <see cref="GradientTable.Exploding"/>.</summary>
    Exploding,

    /// <summary>Holds NaN or infinity.</summary>
    NotFinite,
}

/// <summary>A row: a parameter, the L2 norm of its gradient, and what that says.</summary>
public sealed record GradientRow(string Name, double Norm, GradientStatus Status);

/// <summary>The norms of all gradients, layer by layer, to be measured after the backward pass and before the step.</summary>
public sealed class GradientTable
{
    /// <summary>A norm below this is vanishing: 1e-6.</summary>
    public const double Vanishing = 1e-6;

    /// <summary>A norm above this is exploding: 10.</summary>
    public const double Exploding = 10;

    private GradientTable(IReadOnlyList<GradientRow> rows) => Rows = rows;

    /// <summary>In the order in which they were given.</summary>
    public IReadOnlyList<GradientRow> Rows { get; }

    /// <summary>L2 norm of all gradients together.</summary>
    public double Total => Math.Sqrt(Rows.Sum(row => row.Norm * row.Norm));

    /// <param name="gradients">Of every trainable parameter, the first layer first.</param>
    public static GradientTable Measure(IEnumerable<NamedGradient> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        return new GradientTable([.. gradients.Select(Row)]);
    }

    /// <summary>Logs <c>grad_norm/&lt;name&gt;</c> of each row and <c>grad_norm/total</c>.</summary>
    public void Log(TrackerRun run, long step)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Log(step, [.. Rows.Select(row => ("grad_norm/" + row.Name, row.Norm)), ("grad_norm/total", Total)]);
    }

    /// <summary>The table as text: layer, norm, status; and the least, greatest and mean norm.</summary>
    public override string ToString()
    {
        var width = Math.Max(5, Rows.Select(row => row.Name.Length).DefaultIfEmpty(0).Max());
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"LAYER".PadRight(width)}  {"GRAD NORM",12}  STATUS").AppendLine();
        foreach (var row in Rows) text.Append(CultureInfo.InvariantCulture, $"{row.Name.PadRight(width)}  {row.Norm,12:0.0000e+00}  {Word(row.Status)}").AppendLine();
        if (Rows.Count > 0) text.Append(CultureInfo.InvariantCulture, $"least {Rows.Min(r => r.Norm):0.00e+00}, greatest {Rows.Max(r => r.Norm):0.00e+00}, mean {Rows.Average(r => r.Norm):0.00e+00}");
        return text.ToString();
    }

    private static GradientRow Row(NamedGradient gradient)
    {
        var norm = gradient.Values is { } values ? Numbers.Norm(values.Span) : 0;
        return new GradientRow(gradient.Name, norm, norm switch
        {
            0 => GradientStatus.NoGradient,
            < Vanishing => GradientStatus.Vanishing,
            _ when !double.IsFinite(norm) => GradientStatus.NotFinite,
            > Exploding => GradientStatus.Exploding,
            _ => GradientStatus.Ok,
        });
    }

    private static string Word(GradientStatus status) => status switch
    {
        GradientStatus.NoGradient => "NO GRAD",
        GradientStatus.Vanishing => "VANISHING",
        GradientStatus.Exploding => "EXPLODING",
        GradientStatus.NotFinite => "NOT FINITE",
        _ => "OK",
    };
}
