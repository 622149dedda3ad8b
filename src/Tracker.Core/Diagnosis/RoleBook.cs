using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>The roles of one run's series as its analyzer sees them: what the config's <c>tracker.roles</c> says, else what the name says.</summary>
public sealed class RoleBook
{
    private readonly ConfigHints _hints = new();

    /// <param name="config">The run's config, a JSON object as text; null or unreadable says nothing.</param>
    public RoleBook(string? config) => _hints.Read(config);

    /// <summary>The role of a series, or null for one that the analyzer leaves alone.</summary>
    public SeriesRole? Of(string name, bool histogram) => Of(_hints, name, histogram);

    internal static SeriesRole? Of(ConfigHints hints, string name, bool histogram)
    {
        var called = hints.RoleOf(name) ?? name;
        return histogram ? SeriesRoles.RecognizeHistogram(called) : SeriesRoles.Recognize(called);
    }
}
