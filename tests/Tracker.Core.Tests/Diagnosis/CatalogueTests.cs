using System.Runtime.CompilerServices;
using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>A detector is one file, one page a condition, one class of tests.</summary>
public sealed class CatalogueTests
{
    private static readonly string Pages = Path.GetFullPath(Path.Combine(Here(), "../../../docs/diagnoses"));

    public static TheoryData<string> Conditions => [.. DetectorCatalogue.Conditions];

    public static TheoryData<string> Detectors => [.. DetectorCatalogue.Detectors];

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Every_condition_has_a_page_with_its_five_parts(string id)
    {
        var page = File.ReadAllText(Path.Combine(Pages, id + ".md"));
        page.ShouldStartWith($"# {id}\n");
        foreach (var part in new[] { "## What it says", "## Why it matters", "## How it decides", "## When it is wrong", "## What to do" }) page.ShouldContain(part);
    }

    [Fact]
    public void Every_condition_stands_in_the_index_and_no_page_is_left_over()
    {
        var index = File.ReadAllText(Pages + ".md");
        foreach (var id in DetectorCatalogue.Conditions) index.ShouldContain($"(diagnoses/{id}.md)");
        Directory.EnumerateFiles(Pages, "*.md").Select(Path.GetFileNameWithoutExtension).ShouldBe(DetectorCatalogue.Conditions, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Detectors))]
    public void Every_detector_has_its_tests(string detector) =>
        typeof(CatalogueTests).Assembly.GetType($"Tracker.Core.Tests.Diagnosis.{detector}Tests").ShouldNotBeNull().GetMethods().Count(m => m.GetCustomAttributes(typeof(FactAttribute), true).Length > 0).ShouldBeGreaterThanOrEqualTo(3);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
