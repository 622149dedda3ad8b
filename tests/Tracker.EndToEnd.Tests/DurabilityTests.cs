using Tracker.Testing.Durability;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The short form of <c>bench -- durability</c>: each thing is broken once or twice while six writers log.</summary>
public sealed class DurabilityTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_acknowledged_point_is_there_exactly_once_whatever_is_killed_cut_or_filled()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals and tmpfs are not to be had on Windows.");
        var kinds = Enum.GetValues<Fault>();

        await DurabilityLoop.RunAsync(new DurabilityOptions(kinds.Length + 3, kinds, Seed: Environment.TickCount), output.WriteLine, TestContext.Current.CancellationToken);
    }
}
