namespace Tracker.Client;

/// <summary>A run that is being logged.</summary>
public sealed class TrackerRun;
