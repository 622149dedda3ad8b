namespace Tracker.Core.Alerts;

/// <summary>What a reader can do about an alert, as links that are signed; null where it makes no sense.</summary>
/// <param name="Acknowledge">Marks the diagnosis as seen.</param>
/// <param name="Mute">Silences the diagnosis.</param>
/// <param name="Stop">Asks the run to stop.</param>
public sealed record AlertActions(Uri? Acknowledge, Uri? Mute, Uri? Stop)
{
    public static AlertActions None { get; } = new(null, null, null);

    /// <summary>The buttons in their order: id, label, link.</summary>
    public IEnumerable<(string Id, string Label, Uri Link)> Buttons
    {
        get
        {
            if (Acknowledge is { } acknowledge) yield return ("acknowledge", "Acknowledge", acknowledge);
            if (Mute is { } mute) yield return ("mute", "Mute", mute);
            if (Stop is { } stop) yield return ("stop", "Stop run", stop);
        }
    }
}
