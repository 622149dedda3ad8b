namespace Tracker.Core.Series;

/// <summary>The limits that every protocol holds batches to. OpenAPI and docs/api.md repeat them.</summary>
public static class SeriesLimits
{
    /// <summary>Longest body after decompression, in bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Longest name of a series, in UTF-16 code units.</summary>
    public const int MaxNameLength = 512;

    /// <summary>Most points in one batch, histograms counted once each.</summary>
    public const int MaxPointsPerBatch = 1_000_000;

    /// <summary>Most series that one run may have.</summary>
    public const int MaxSeriesPerRun = 100_000;

    /// <summary>Most bins of one histogram.</summary>
    public const int MaxBins = 1_024;

    /// <summary>Most events in one batch.</summary>
    public const int MaxEventsPerBatch = 10_000;

    /// <summary>Longest <c>data</c> of one event, in bytes of JSON.</summary>
    public const int MaxEventDataBytes = 1024 * 1024;

    /// <summary>Steps lie within ±2^53, so that every client can hold them exactly.</summary>
    public const long MaxStep = 1L << 53;
}
