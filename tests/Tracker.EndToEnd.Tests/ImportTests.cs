using System.Text.RegularExpressions;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>Who may import whom. Everybody may import Tracker.Core where their project does; nobody imports what is not listed.</summary>
public sealed partial class ImportTests
{
    /// <summary>Each folder of the server and the folders of the server that it may use. A folder uses only what stands above it.</summary>
    private static readonly (string Folder, string[] MayUse)[] Server =
    [
        ("Embedded", []),
        ("Storage", []),
        ("Http", ["Embedded", "Storage"]),
        ("Dashboard", ["Http"]),
        ("Auth", ["Http", "Storage"]),
        ("Runs", ["Http", "Storage", "Auth"]),
        ("Views", ["Http", "Runs", "Auth"]),
        ("Series", ["Http", "Storage", "Runs", "Auth"]),
        ("Alerts", ["Http", "Storage", "Runs", "Series", "Auth"]),
        ("Analysis", ["Http", "Storage", "Runs", "Alerts", "Auth"]),
        ("Live", ["Http", "Storage", "Runs", "Analysis", "Alerts", "Auth"]),
        ("Telemetry", ["Storage", "Live"]),
        ("Ingest", ["Http", "Storage", "Runs", "Auth", "Telemetry"]),
        ("Admin", ["Auth", "Embedded", "Http", "Storage", "Runs"]),
    ];

    [Fact]
    public void Folders_of_the_server_use_only_the_folders_they_may()
    {
        foreach (var folder in Directory.EnumerateDirectories(Repository.PathOf("src", "Tracker.Api")).Select(path => Path.GetFileName(path)!).Except(["bin", "obj"]))
        {
            var rule = Server.SingleOrDefault(rule => rule.Folder == folder);
            rule.Folder.ShouldNotBeNull($"src/Tracker.Api/{folder} has no rule in this test.");
            foreach (var (file, used) in Uses(Repository.PathOf("src", "Tracker.Api", folder), ServerFolder()))
                rule.MayUse.Append(folder).ShouldContain(used, $"{file} uses Tracker.Api.{used}");
        }
    }

    [Theory]
    [InlineData("Tracker.Core")]
    [InlineData("Tracker.Client")]
    [InlineData("Tracker.Client.Grpc", "Tracker.Client")]
    [InlineData("Tracker.Web")]
    [InlineData("Tracker.Wire")]
    [InlineData("Tracker.Api", "Tracker.Core", "Tracker.Web", "Tracker.Wire")]
    [InlineData("Tracker.Cli", "Tracker.Core", "Tracker.Client")]
    public void Projects_reference_only_the_projects_they_may(string project, params string[] mayUse) =>
        ProjectReference().Matches(File.ReadAllText(Repository.PathOf("src", project, $"{project}.csproj")))
            .Select(match => match.Groups[1].Value).Except(mayUse).ShouldBeEmpty();

    [Fact]
    public void The_core_does_no_input_or_output_and_reads_no_clock() =>
        Uses(Repository.PathOf("src", "Tracker.Core"), Impure()).ShouldBeEmpty();

    private static IEnumerable<(string File, string Used)> Uses(string folder, Regex pattern) =>
        from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}")
        from match in pattern.Matches(File.ReadAllText(file))
        select (file, match.Groups[1].Value);

    [GeneratedRegex(@"\bTracker\.Api\.(\w+)")]
    private static partial Regex ServerFolder();

    [GeneratedRegex(@"Include=""[^""]*?([\w.]+)\.csproj""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"(System\.Net|Microsoft\.Extensions|TimeProvider|Stopwatch|\bFile\.(?:Open|Read|Write|Create)\w*|\bDirectory\.(?:Create|Delete|Enumerate|Exists|Get|Move)\w*|Console\.\w+)")]
    private static partial Regex Impure();
}
