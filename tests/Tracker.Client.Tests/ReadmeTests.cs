using Shouldly;
using Tracker.Client;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public async Task The_code_in_the_README_is_the_code_that_compiles_here()
    {
        var here = Lines(await File.ReadAllTextAsync(Repository.PathOf("tests", "Tracker.Client.Tests", "ReadmeTests.cs")), "// <readme>", "// </readme>");
        var there = Lines(await File.ReadAllTextAsync(Repository.PathOf("README.md")), "using Tracker.Client;", "```");
        there.ShouldBe(here);
    }

    /// <summary>Never called: it is there to be compiled.</summary>
    internal static async Task LogAsync()
    {
        // <readme>
        await using var run = await TrackerRun.StartAsync(new() { Project = "digits", Config = new Dictionary<string, object?> { ["lr"] = 0.1 } });
        for (var step = 0; step < 200; step++)
            run.Log(step, ("train/loss", 2.3 / (1 + step / 40.0)), ("lr", 0.1));
        // </readme>
    }

    private static List<string> Lines(string text, string after, string until)
    {
        var lines = text.Split('\n').Select(line => line.Trim()).ToList();
        return [.. lines.Skip(lines.IndexOf(after) + 1).TakeWhile(line => line != until).Where(line => line.Length > 0)];
    }
}
