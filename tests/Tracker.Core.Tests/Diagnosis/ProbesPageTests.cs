using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Engine;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>Clients send probes by <c>docs/probes.md</c>, so the page names every probe that a detector reads, and no other.</summary>
public sealed partial class ProbesPageTests
{
    private static readonly string Page = File.ReadAllText(Path.GetFullPath(Path.Combine(Here(), "../../../docs/probes.md")));

    [Fact]
    public void Every_probe_that_is_read_stands_on_the_page_beside_its_condition()
    {
        var rows = Page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToList();
        var checks = DetectorCatalogue.Entries.Select(e => e.Create(new AnalyzerOptions())).OfType<ProbeDetector>().SelectMany(d => d.Checks).ToList();
        checks.Count.ShouldBeGreaterThan(15);
        foreach (var check in checks)
        {
            rows.Single(row => row.StartsWith($"| `{check.Probe}` |", StringComparison.Ordinal)).ShouldContain($"(diagnoses/{check.Id}.md)");
        }
    }

    [Fact]
    public void Every_condition_that_the_page_names_exists() =>
        Link().Matches(Page).Select(m => m.Groups[1].Value).Distinct().ShouldBeSubsetOf(DetectorCatalogue.Conditions);

    [GeneratedRegex(@"\(diagnoses/([a-z0-9-]+)\.md\)")]
    private static partial Regex Link();

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
