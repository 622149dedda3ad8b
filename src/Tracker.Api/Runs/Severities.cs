using Tracker.Core.Diagnosis;

namespace Tracker.Api.Runs;

/// <summary>The words for severities on the wire; the tables hold their numbers.</summary>
public static class Severities
{
    public static string Name(Severity severity) => severity switch
    {
        Severity.Crit => "crit",
        Severity.High => "high",
        Severity.Warn => "warn",
        _ => "info",
    };

    public static string Name(short severity) => Name((Severity)severity);
}
