using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>What holds for every file of the checkout.</summary>
public sealed class SourceTests
{
    private const int LongestFile = 400;

    [Fact]
    public async Task No_source_file_is_longer_than_400_lines()
    {
        var sources = (await TrackedAsync()).Where(file => Path.GetExtension(file) is ".cs" or ".ts" or ".tsx" or ".css" or ".py" or ".sql" && !file.EndsWith("generated.d.ts", StringComparison.Ordinal));
        sources.Where(file => File.ReadLines(Repository.PathOf(file)).Count() > LongestFile).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_registry_address_is_committed()
    {
        var files = await TrackedAsync();
        files.ShouldNotContain(file => Path.GetFileName(file).Equals("nuget.config", StringComparison.OrdinalIgnoreCase));
        foreach (var file in files.Where(file => Path.GetFileName(file) is "package-lock.json" or ".npmrc"))
        {
            var text = File.ReadAllText(Repository.PathOf(file));
            text.ShouldNotContain("\"resolved\": \"http");
            text.ShouldNotContain("registry=");
        }
    }

    private static async Task<string[]> TrackedAsync()
    {
        var git = Tool.Find("git", "git", "git.exe");
        var (exitCode, output) = await Tool.RunAsync(git, ["ls-files"], Repository.Root);
        Assert.SkipWhen(exitCode != 0 && !Repository.IsCi, "This is not a git checkout.");
        exitCode.ShouldBe(0, output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Repository.PathOf(file)))];
    }
}
