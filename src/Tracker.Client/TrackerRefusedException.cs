namespace Tracker.Client;

/// <summary>The server answered, and does not take the run: see <see cref="TrackerRunOptions.Resume"/>.</summary>
public sealed class TrackerRefusedException : Exception
{
    /// <param name="message">The server's own words.</param>
    public TrackerRefusedException(string message)
        : base(message)
    {
    }
}
