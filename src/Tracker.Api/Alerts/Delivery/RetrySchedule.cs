namespace Tracker.Api.Alerts;

/// <summary>When to try again: the wait doubles with each attempt, up to an hour, and half of it is left to chance, so that many messages do not come back at one moment.</summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>The wait after a failed attempt, or null when it is time to give up.</summary>
    /// <param name="attempts">Attempts made so far, at least 1.</param>
    /// <param name="age">Time since the first attempt.</param>
    /// <param name="retryAfter">What the receiver asked for: obeyed as a lower bound, cut to the time that is left.</param>
    /// <param name="options">The first wait and the time to give up after.</param>
    /// <param name="chance">From 0 inclusive to 1 exclusive.</param>
    public static TimeSpan? Wait(int attempts, TimeSpan age, TimeSpan? retryAfter, AlertOptions options, double chance)
    {
        var left = options.GiveUpAfter - age;
        if (left <= TimeSpan.Zero) return null;
        var doubled = options.FirstRetryDelay * Math.Pow(2, Math.Min(attempts - 1, 40));
        var wait = (doubled < Longest ? doubled : Longest) * (0.5 + (chance / 2));
        if (retryAfter > wait) wait = retryAfter.Value;
        return wait < left ? wait : left;
    }
}
