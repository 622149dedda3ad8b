using Shouldly;
using Tracker.Testing;
using Tracker.Testing.Fuzz;
using Xunit;

namespace Tracker.Api.Tests.Hardness;

/// <summary>A few seconds of what <c>bench -- fuzz</c> does for as long as it is asked to.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void Every_decoder_takes_its_own_bytes()
    {
        var fuzzer = new Fuzzer(0);
        foreach (var target in Decoders.All())
        {
            target.Seeds.ShouldNotBeEmpty(target.Name);
            foreach (var seed in target.Seeds) fuzzer.Try(target, seed).ShouldBeNull();
        }
    }

    [Fact]
    public void No_decoder_falls_over_bytes_of_strangers() =>
        new Fuzzer(Environment.TickCount).Run(Decoders.All(), TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken).ShouldBeEmpty();
}
