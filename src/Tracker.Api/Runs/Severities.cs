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

    public static bool TryParse(string name, out Severity severity)
    {
        (var known, severity) = name switch
        {
            "crit" => (true, Severity.Crit),
            "high" => (true, Severity.High),
            "warn" => (true, Severity.Warn),
            "info" => (true, Severity.Info),
            _ => (false, Severity.Info),
        };
        return known;
    }
}
