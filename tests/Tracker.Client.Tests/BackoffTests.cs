using Shouldly;
using Xunit;

namespace Tracker.Client.Tests;

public sealed class BackoffTests
{
    private readonly Backoff _backoff = new(TimeProvider.System);

    [Fact]
    public void Waits_double_up_to_five_seconds() =>
        Enumerable.Range(0, 9).Select(_ => _backoff.Next(null, chance: 1).TotalMilliseconds)
            .ShouldBe([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);

    [Fact]
    public void Half_of_a_wait_is_chance() => _backoff.Next(null, chance: 0).TotalMilliseconds.ShouldBe(50);

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    public void The_wish_of_the_server_is_never_undercut(double chance) =>
        _backoff.Next(TimeSpan.FromSeconds(30), chance).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));

    [Fact]
    public void A_wish_beyond_five_minutes_is_cut() => _backoff.Next(TimeSpan.FromDays(1), 0.5).ShouldBe(TimeSpan.FromMinutes(5));
}
