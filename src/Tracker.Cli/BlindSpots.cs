using Tracker.Core.Diagnosis;

namespace Tracker.Cli;

/// <summary>The end of the report: what the run could not show, by what it would take, the most useful first.</summary>
internal static class BlindSpots
{
    private const int MostNeeds = 4;
    private const int MostConditions = 3;

    public static void Print(Visibility seen, TextWriter output)
    {
        if (seen.Blind.Count == 0) return;
        output.WriteLine();
        output.WriteLine($"  NOT SEEN  {seen.Blind.Count} of {Conditions.All.Count} conditions, for lack of what would show them");
        var logged = seen.Blind.Where(b => !b.Needs.Any(IsEvent)).GroupBy(b => string.Join(", ", b.Needs)).OrderByDescending(g => g.Count()).ToList();
        foreach (var need in logged.Take(MostNeeds))
        {
            var conditions = need.Select(b => b.Condition).ToList();
            var rest = conditions.Count > MostConditions ? $" and {conditions.Count - MostConditions} more" : "";
            Report.Wrap($"{string.Join(", ", conditions.Take(MostConditions))}{rest}", $"{need.Key}: ", output);
            foreach (var line in need.First().Log.Python.Split('\n')) output.WriteLine($"      {line}");
        }
        if (logged.Count > MostNeeds) Report.Wrap(string.Join("; ", logged.Skip(MostNeeds).Select(g => g.Key)), "further: ", output);
        var probes = seen.Blind.SelectMany(b => b.Needs).Where(IsEvent).Distinct(StringComparer.Ordinal).Select(n => n[(n.IndexOf(':', StringComparison.Ordinal) + 1)..]).ToList();
        if (probes.Count > 0) Report.Wrap($"{string.Join(", ", probes)}: see docs/probes.md", "probes and events: ", output);
    }

    private static bool IsEvent(string need) => need.StartsWith("probe:", StringComparison.Ordinal) || need.StartsWith("event:", StringComparison.Ordinal);
}
