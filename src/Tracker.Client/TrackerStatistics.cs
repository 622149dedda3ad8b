namespace Tracker.Client;

/// <summary>
/// What became of the things logged; a scalar, a histogram and an event count one each.
/// <c>Logged = Acknowledged + Dropped + Pending</c> once no call of <c>Log</c> is under way.
/// </summary>
public sealed record TrackerStatistics
{
    /// <summary>Handed to the run.</summary>
    public required long Logged { get; init; }

    /// <summary>Stored by the server, those in <see cref="Rejected"/> excepted.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Lost: neither memory nor disk left, refused by the server, a name out of its limits, or logged after the end.</summary>
    public required long Dropped { get; init; }

    /// <summary>Waiting to be acknowledged.</summary>
    public required long Pending { get; init; }

    /// <summary>Memory held by what is waiting, in bytes.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>On disk for what is waiting, in bytes.</summary>
    public required long SpooledBytes { get; init; }

    /// <summary>Points, histograms and events of earlier processes that this one found on disk and sent; not among the others.</summary>
    public required long Recovered { get; init; }

    /// <summary>Points that the server named as not to be kept (a histogram under a scalar's name, for example), counted among the acknowledged.</summary>
    public required long Rejected { get; init; }

    /// <summary>Batches acknowledged.</summary>
    public required long Batches { get; init; }

    /// <summary>Requests that had to be sent again.</summary>
    public required long Retries { get; init; }

    /// <summary>The last thing that went wrong, or null.</summary>
    public required string? LastError { get; init; }
}

/// <summary>What <see cref="TrackerRun.FinishAsync"/> achieved in its time.</summary>
/// <param name="Complete">Everything was acknowledged, nothing dropped, and the server knows that the run has ended.</param>
/// <param name="Left">Points, histograms and events that were not acknowledged in time.</param>
/// <param name="Dropped">As <see cref="TrackerStatistics.Dropped"/>.</param>
/// <param name="Spool">Where what is left lies, to be sent by the next run on this machine or by <c>tracker sync</c>; null when nothing is left, or when it is lost with the process.</param>
public sealed record TrackerFinish(bool Complete, long Left, long Dropped, string? Spool = null);
