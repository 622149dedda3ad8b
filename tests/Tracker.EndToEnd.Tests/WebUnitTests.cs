using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

public sealed class WebUnitTests
{
    [Fact]
    public async Task The_unit_tests_of_the_dashboard_pass()
    {
        var npm = Tool.Find("Node.js with npm", "npm", "npm.cmd");
        var folder = Repository.PathOf("src", "Tracker.Web");
        // The build of the solution fetched them, unless it was told to skip the dashboard.
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            var (installed, what) = await Tool.RunAsync(npm, ["ci", "--no-audit", "--no-fund"], folder);
            installed.ShouldBe(0, what);
        }
        var (exitCode, output) = await Tool.RunAsync(npm, ["test"], folder, new Dictionary<string, string> { ["NO_COLOR"] = "1" });
        exitCode.ShouldBe(0, output);
    }
}
