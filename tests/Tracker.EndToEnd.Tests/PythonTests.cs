using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

public sealed class PythonTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_tests_of_the_Python_client_pass_also_against_a_real_server()
    {
        var python = await FindAsync();
        await using var server = await TrackerServer.StartAsync(postgres);
        var environment = new Dictionary<string, string>
        {
            ["TRACKER_TEST_URL"] = server.Address.ToString().TrimEnd('/'),
            ["PYTHONDONTWRITEBYTECODE"] = "1",
        };
        var (exitCode, output) = await Tool.RunAsync(
            python, ["-m", "unittest", "discover", "-s", "tests"], Repository.PathOf("src", "tracker-python"), environment);
        exitCode.ShouldBe(0, output);
    }

    /// <summary>A Python that has PyTorch where there is one, for the tests that need it; else any.</summary>
    private static async Task<string> FindAsync()
    {
        var any = Tool.Find("Python 3", "python3", "python3.exe", "python.exe");
        foreach (var python in new[] { any, "/usr/bin/python3" }.Where(File.Exists))
        {
            if ((await Tool.RunAsync(python, ["-c", "import torch"], Repository.PathOf("src", "tracker-python"))).ExitCode == 0) return python;
        }
        return any;
    }
}
