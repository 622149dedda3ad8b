namespace Tracker.Core.Alerts.Rules;

/// <summary>What happened to a rule at a point.</summary>
/// <param name="Raised">True when it began to hold, false when it is over.</param>
/// <param name="Series">The series, as the run named it.</param>
/// <param name="Step">The step of the point.</param>
/// <param name="OnsetStep">The first of the points in a row.</param>
/// <param name="Value">The measure at the point.</param>
public sealed record RuleEvent(bool Raised, string Series, long Step, long OnsetStep, double Value);

/// <summary>
/// How far a rule has come on one series of a run. A pure fold over the points in canonical order: the same points give the same events, however they came in
/// batches. A point not above the last step is late and not looked at, until the run resumes. All of it is saved as JSON.
/// </summary>
public sealed class RuleState
{
    /// <summary>The last points, the oldest first when read from <see cref="Head"/>; values that are not finite are left out.</summary>
    public double[] Window { get; set; } = [];

    /// <summary>Where the oldest point stands once the window is full.</summary>
    public int Head { get; set; }

    /// <summary>Step of the last point.</summary>
    public long? LastStep { get; set; }

    /// <summary>Points in a row that would change what is said.</summary>
    public int InRow { get; set; }

    /// <summary>Whether the comparison held at them.</summary>
    public bool RowHolds { get; set; }

    /// <summary>Step of the first of them.</summary>
    public long RowBegan { get; set; }

    public bool IsRaised { get; set; }

    /// <summary>Since when it is raised.</summary>
    public long OnsetStep { get; set; }

    /// <summary>It was raised before the run was resumed: what holds again is said again, and stops a run again.</summary>
    public bool IsRenewed { get; set; }

    /// <summary>The run goes on from an earlier step.</summary>
    public void Resume() => (LastStep, IsRenewed, InRow) = (null, IsRaised, 0);

    /// <summary>Takes the next point of the series.</summary>
    public RuleEvent? Take(ThresholdRule rule, string series, long step, double value)
    {
        if (step <= LastStep) return null;
        LastStep = step;
        var measure = Measure(rule, value);
        if (step <= rule.AfterStep || measure is not { } seen) return null;
        var holds = rule.Holds(seen);
        if (holds == IsRaised && !IsRenewed)
        {
            InRow = 0;
            return null;
        }

        if (holds != RowHolds) InRow = 0;
        RowHolds = holds;
        if (InRow++ == 0) RowBegan = step;
        if (InRow < rule.ForPoints || step - RowBegan < rule.ForSteps) return null;
        if (holds) OnsetStep = RowBegan;
        (IsRaised, IsRenewed, InRow) = (holds, false, 0);
        return new RuleEvent(IsRaised, series, step, OnsetStep, seen);
    }

    /// <summary>The measure at the point; null while its window is not full.</summary>
    private double? Measure(ThresholdRule rule, double value)
    {
        switch (rule.Measure)
        {
            case RuleMeasure.Value:
                return value;
            case RuleMeasure.NonFinite:
                return double.IsFinite(value) ? 0 : 1;
        }

        if (!double.IsFinite(value)) return null;
        switch (rule.Measure)
        {
            case RuleMeasure.Change:
                double? change = Window.Length < rule.Window ? null : Relative(Window[Head], value);
                Push(rule.Window, value);
                return change;
            case RuleMeasure.ZScore:
                double? distance = Window.Length < rule.Window ? null : Distance(value);
                Push(rule.Window, value);
                return distance;
            default:
                Push(rule.Window, value);
                if (Window.Length < rule.Window) return null;
                return rule.Measure switch { RuleMeasure.Mean => Mean(), RuleMeasure.Min => Window.Min(), _ => Window.Max() };
        }
    }

    private static double Relative(double then, double now) => then == now ? 0 : then == 0 ? double.PositiveInfinity * Math.Sign(now) : (now - then) / Math.Abs(then);

    private double Distance(double value)
    {
        var mean = Mean();
        var squares = 0.0;
        for (var i = 0; i < Window.Length; i++) squares += (At(i) - mean) * (At(i) - mean);
        var deviation = Math.Sqrt(squares / Window.Length);
        return value == mean ? 0 : deviation == 0 ? double.PositiveInfinity * Math.Sign(value - mean) : (value - mean) / deviation;
    }

    /// <summary>Summed from the oldest point on, so that the result does not depend on where the window's head stands.</summary>
    private double Mean()
    {
        var sum = 0.0;
        for (var i = 0; i < Window.Length; i++) sum += At(i);
        return sum / Window.Length;
    }

    private double At(int index) => Window[(Head + index) % Window.Length];

    private void Push(int size, double value)
    {
        if (Window.Length < size)
        {
            Window = [.. Window, value];
            return;
        }

        Window[Head] = value;
        Head = (Head + 1) % Window.Length;
    }
}
