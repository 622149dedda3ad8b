using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-vanishing-depth</c>.</summary>
public sealed record GradVanishingDepthOptions
{
    /// <summary>First layer's gradient over the last layer's below which it is raised. Default 0.001; clears at 0.01.</summary>
    public double Ratio { get; init; } = 1e-3;

    /// <summary>Ratio below which it is high rather than a warning. Default 1e-5.</summary>
    public double Severe { get; init; } = 1e-5;

    /// <summary>Ratio that the very first points must be below; where the gradient faded only later it is a note. Default 0.01.</summary>
    public double FromStart { get; init; } = 1e-2;

    /// <summary>Points over which each layer's median is taken. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>
/// The gradient gets lost on its way back: the first layer's is less than a thousandth of the last layer's, both as medians.
/// Layers are in order of first appearance; norms, embeddings and biases are left out; it needs three.
/// </summary>
internal sealed class GradVanishingDepth(GradVanishingDepthOptions options) : Detector
{
    public const string Id = "grad-vanishing-depth";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (Ends(run) is not var (first, last) || !ReferenceEquals(series, last)) return;
        var points = run.Window(series, options.Points);
        if (!series.IsDue(points)) return;
        if (first.Finite < run.Window(first, 2 * options.Points) || last.Finite < run.Window(last, 2 * options.Points)) return;
        var (early, late) = (first.Recent!.Median(points), last.Recent!.Median(points));
        // A first layer at exactly zero is cut off, which is another condition.
        var ratio = late > 0 && early > 0 ? early / late : 1;
        // Gradients that fade in an architecture do so from the first step on; later it is a trace of something else, which has signals of its own.
        var always = last.First > 0 && first.First / last.First < options.FromStart;
        switch (_alarm.Update(ratio < options.Ratio, ratio > 10 * options.Ratio, point.Step, series.Stride < 1.5 ? 3 : 2, 4))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = !always ? Severity.Info : ratio < options.Severe ? Severity.High : Severity.Warn,
                    Series = first.Name,
                    Step = point.Step,
                    OnsetStep = first.Recent.Step(Math.Min(points, first.Recent.Count) - 1),
                    Title = $"The gradient vanishes on its way to {first.Role!.Scope}",
                    Summary = $"The median of {first.Name} is {Numbers.Text(early)}, that of {last.Name} {Numbers.Text(late)}: {Numbers.Text(ratio)} of it arrives, and a network that learns keeps more than {Numbers.Text(options.Ratio)}.",
                    Evidence =
                    [
                        new Evidence(first.Name, first.Recent.Step(Math.Min(points, first.Recent.Count) - 1), point.Step, "first layer's gradient over the last layer's", Numbers.Round6(ratio), options.Ratio),
                    ],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, first.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    /// <summary>The first and the last layer that have depth, where there are at least three.</summary>
    public static (SeriesState First, SeriesState Last)? Ends(RunContext run) => run.DeepLayers is [var first, _, .., var last] ? (first, last) : null;
}
