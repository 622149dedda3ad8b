namespace Tracker.Core.Diagnosis;

/// <summary>How bad it is. In the dashboard crit and high are "critical", warn "warning", info neutral.</summary>
public enum Severity
{
    Info = 0,
    Warn = 1,
    High = 2,
    Crit = 3,
}

/// <summary>One measured fact behind a signal: a statistic of a series over a range of steps, against its threshold.</summary>
/// <param name="Series" example="grad_norm/total">Name of the series as the run logged it.</param>
/// <param name="FromStep" example="100">First step of the range, inclusive.</param>
/// <param name="ToStep" example="299">Last step of the range, inclusive.</param>
/// <param name="Statistic" example="share of steps clipped">What was measured, in words: <c>share of steps clipped</c>.</param>
/// <param name="Value" example="0.97">The measured value, rounded to 6 significant digits.</param>
/// <param name="Threshold" example="0.8">The value that it was compared with; null where there is none.</param>
public sealed record Evidence(string Series, long FromStep, long ToStep, string Statistic, double Value, double? Threshold);

/// <summary>One detector's verdict on one run.</summary>
public sealed record Signal
{
    /// <summary>A condition of the catalogue: <c>clip-over-50</c>.</summary>
    public required string Id { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>The series on which it shows, as the run named it.</summary>
    public required string Series { get; init; }

    /// <summary>Step at which it was raised.</summary>
    public required long Step { get; init; }

    /// <summary>Step since which the condition holds.</summary>
    public required long OnsetStep { get; init; }

    /// <summary>False once the condition has cleared.</summary>
    public bool Active { get; init; } = true;

    /// <summary>A few words with this run's own numbers: <c>Gradients are clipped in 97 % of the steps</c>.</summary>
    public string Title { get; init; } = "";

    /// <summary>One sentence with this run's own numbers.</summary>
    public required string Summary { get; init; }

    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>Version of the rule that raised it.</summary>
    public int RuleVersion { get; init; } = 1;
}
