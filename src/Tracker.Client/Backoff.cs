namespace Tracker.Client;

/// <summary>Waits between attempts: from 0.1 s, doubling up to 5 s, half of each at random so that many clients do not return at once.</summary>
internal sealed class Backoff(TimeProvider clock)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestWish = TimeSpan.FromMinutes(5);

    private int _failures;

    public void Reset() => _failures = 0;

    /// <param name="wish">The server's <c>Retry-After</c>: never less than that, at most 5 minutes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitAsync(TimeSpan? wish, CancellationToken cancellationToken) => Task.Delay(Next(wish, Random.Shared.NextDouble()), clock, cancellationToken);

    /// <param name="wish">As above.</param>
    /// <param name="chance">From 0 to 1.</param>
    internal TimeSpan Next(TimeSpan? wish, double chance)
    {
        var full = s_first * Math.Pow(2, Math.Min(_failures++, 16));
        var wait = (full < s_longest ? full : s_longest) * (0.5 + (chance / 2));
        if (wish is not { } asked) return wait;
        var spread = asked + (s_first * chance);
        return spread > s_longestWish ? s_longestWish : spread > wait ? spread : wait;
    }
}
