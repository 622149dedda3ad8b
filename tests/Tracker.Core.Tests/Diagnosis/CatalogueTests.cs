using System.Runtime.CompilerServices;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Causes;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>A detector is one file, one page a condition, one class of tests.</summary>
public sealed class CatalogueTests
{
    private static readonly string Pages = Path.GetFullPath(Path.Combine(Here(), "../../../docs/diagnoses"));

    public static TheoryData<string> Ids => [.. DetectorCatalogue.Conditions];

    public static TheoryData<string> Detectors => [.. DetectorCatalogue.Detectors];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_condition_has_a_page_with_its_five_parts(string id)
    {
        var page = File.ReadAllText(Path.Combine(Pages, id + ".md"));
        page.ShouldStartWith($"# {id}\n");
        foreach (var part in new[] { "## What it says", "## Why it matters", "## How it decides", "## When it is wrong", "## What to do" }) page.ShouldContain(part);
    }

    [Fact]
    public void The_index_is_what_the_tables_say_and_no_page_is_left_over()
    {
        Conditions.All.Select(c => c.Id).ShouldBe(DetectorCatalogue.Conditions, ignoreOrder: true);
        CataloguePage.ShouldHold("diagnoses.md", CataloguePage.Index());
        Directory.EnumerateFiles(Pages, "*.md").Select(Path.GetFileNameWithoutExtension).ShouldBe(DetectorCatalogue.Conditions, ignoreOrder: true);
    }

    [Fact]
    public void Every_condition_that_was_asked_for_is_answered()
    {
        SpecifiedConditions.All.Count.ShouldBeGreaterThan(110);
        SpecifiedConditions.All.Where(c => !DetectorCatalogue.Conditions.Contains(c.Answer) && !RootCauses.Titles.ContainsKey(c.Answer)).ShouldBeEmpty();
        SpecifiedConditions.All.Select(c => c.Row).ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_page_of_a_condition_tells_the_severities_that_it_can_have(string id)
    {
        var says = File.ReadAllText(Path.Combine(Pages, id + ".md")).Split("## What it says")[1].Split("## Why it matters")[0];
        Enum.GetValues<Severity>().Where(s => says.Contains($"**{s.ToString().ToLowerInvariant()}**", StringComparison.Ordinal)).ShouldBe(Conditions.Find(id)!.Severities);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void What_a_condition_needs_can_be_logged_and_its_detector_looks_at_it(string id)
    {
        var entry = DetectorCatalogue.Entries.First(e => e.Ids.Contains(id));
        var known = Enum.GetValues<RoleKind>().ToLookup(kind => Visibility.Word(new SeriesRole(kind)));
        foreach (var word in Conditions.Find(id)!.Needs.SelectMany(need => need.Words))
        {
            if (word.Contains(':', StringComparison.Ordinal)) entry.Events.Contains(word.Split(':')[0] == "event" ? word[6..] : "probe").ShouldBe(!word.StartsWith("config:", StringComparison.Ordinal), word);
            else known.Contains(word.Replace("rank<r>/", "", StringComparison.Ordinal)).ShouldBeTrue(word);
        }
        LogLines.For([.. Conditions.Find(id)!.Needs.Select(need => need.Words[0])]).Python.ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Detectors))]
    public void A_detector_and_its_tests_are_a_file_each(string detector)
    {
        File.Exists(Path.Combine(CataloguePage.Root, CataloguePage.DetectorFile(detector))).ShouldBeTrue();
        File.Exists(Path.Combine(CataloguePage.Root, CataloguePage.TestFile(detector))).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Detectors))]
    public void Every_detector_has_its_tests(string detector) =>
        typeof(CatalogueTests).Assembly.GetType($"Tracker.Core.Tests.Diagnosis.{detector}Tests").ShouldNotBeNull().GetMethods().Count(m => m.GetCustomAttributes(typeof(FactAttribute), true).Length > 0).ShouldBeGreaterThanOrEqualTo(3);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
