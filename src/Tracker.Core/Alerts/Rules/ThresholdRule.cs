using System.Globalization;

namespace Tracker.Core.Alerts.Rules;

/// <summary>What a rule computes of a series at each point.</summary>
public enum RuleMeasure
{
    /// <summary>The value itself.</summary>
    Value,

    /// <summary>Relative change over the last n points: (now − then) / |then|.</summary>
    Change,

    /// <summary>Distance from the mean of the n points before, in their standard deviations.</summary>
    ZScore,

    /// <summary>Mean of the last n points.</summary>
    Mean,

    /// <summary>Least of the last n points.</summary>
    Min,

    /// <summary>Greatest of the last n points.</summary>
    Max,

    /// <summary>1 where the value is not finite, else 0.</summary>
    NonFinite,

    /// <summary>No point for a time, by the server's clock: a state of a running run, outside the fold.</summary>
    Absent,
}

/// <summary>How a measure is compared.</summary>
public enum RuleComparison
{
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// <summary>
/// A rule over one series: <c>val/accuracy &lt; 0.1 for 5 points after step 1000</c>. It holds once the comparison has held for so many points, or steps, in a row,
/// and is over once it has not held for as many. A value that is not finite passes no comparison but <c>nan(…)</c>.
/// </summary>
public sealed record ThresholdRule
{
    /// <summary>Longest window, in points.</summary>
    public const int MaxWindow = 10_000;

    /// <summary>Name of the series, or its canonical name: <c>train/loss</c> also means the <c>loss</c> of other loggers.</summary>
    public required string Series { get; init; }

    public required RuleMeasure Measure { get; init; }

    /// <summary>Points of the window, for measures that have one.</summary>
    public int Window { get; init; }

    public RuleComparison Comparison { get; init; } = RuleComparison.Greater;

    public double Threshold { get; init; }

    /// <summary>How many points in a row; 1 for at once.</summary>
    public int ForPoints { get; init; } = 1;

    /// <summary>How many steps from the first of these points to the last; 0 for none.</summary>
    public long ForSteps { get; init; }

    /// <summary>Points up to this step are not looked at.</summary>
    public long? AfterStep { get; init; }

    /// <summary>For <see cref="RuleMeasure.Absent"/>: how long.</summary>
    public TimeSpan Absence { get; init; }

    /// <summary>Whether a measure passes the comparison.</summary>
    public bool Holds(double measure) => !double.IsNaN(measure) && Comparison switch
    {
        RuleComparison.Less => measure < Threshold,
        RuleComparison.LessOrEqual => measure <= Threshold,
        RuleComparison.Greater => measure > Threshold,
        RuleComparison.GreaterOrEqual => measure >= Threshold,
        RuleComparison.Equal => measure == Threshold,
        _ => measure != Threshold,
    };

    /// <summary>Whether the rule is about the series.</summary>
    public bool IsAbout(string series) => series == Series || (Diagnosis.SeriesRoles.Recognize(series) is { } role && role.Name == Series);

    /// <summary>What the measure is called in a sentence.</summary>
    public string Words => Measure switch
    {
        RuleMeasure.Change => string.Create(CultureInfo.InvariantCulture, $"the change of {Series} over {Window} points"),
        RuleMeasure.ZScore => string.Create(CultureInfo.InvariantCulture, $"the distance of {Series} from the {Window} points before, in standard deviations,"),
        RuleMeasure.Mean => string.Create(CultureInfo.InvariantCulture, $"the mean of {Series} over {Window} points"),
        RuleMeasure.Min => string.Create(CultureInfo.InvariantCulture, $"the least {Series} of {Window} points"),
        RuleMeasure.Max => string.Create(CultureInfo.InvariantCulture, $"the greatest {Series} of {Window} points"),
        _ => Series,
    };
}
