using System.Text.Json;
using Tracker.Api.Runs;

namespace Tracker.Api.Ingest.Rest;

/// <summary>A batch. All parts are optional; what stands in several forms is joined by name.</summary>
public sealed record LogRequestDto
{
    /// <summary>The writer: one life of one process, 1–64 of <c>[A-Za-z0-9_.-]</c>, with 64 random bits in it.</summary>
    /// <example>w-6f1c2e6a90b3d417</example>
    public string? Writer { get; init; }

    /// <summary>Number of the batch: 1, 2, 3… for each writer. Sent again with the same number it counts once; without a number, twice.</summary>
    /// <example>1</example>
    public long? Batch { get; init; }

    /// <summary>Points as columns, one entry a series.</summary>
    public IReadOnlyList<LogSeriesDto>? Series { get; init; }

    /// <summary>Points as rows, one entry a step.</summary>
    public IReadOnlyList<LogPointDto>? Points { get; init; }

    /// <summary>Histograms, binned by the client or not.</summary>
    public IReadOnlyList<LogHistogramDto>? Histograms { get; init; }

    /// <summary>Events, at most 10,000.</summary>
    public IReadOnlyList<LogEventDto>? Events { get; init; }
}

/// <summary>Points of one series. The columns are of equal length; at most 1,000,000 points a batch.</summary>
public sealed record LogSeriesDto
{
    /// <summary>1–512 characters, no control characters.</summary>
    /// <example>train/loss</example>
    public required string Name { get; init; }

    /// <summary>Whole numbers within ±2^53.</summary>
    /// <example>[0, 1, 2]</example>
    public required IReadOnlyList<long> Steps { get; init; }

    /// <summary>Doubles; NaN and infinities as strings <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c> or as bare tokens.</summary>
    /// <example>[2.31, 2.12, 1.97]</example>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>Unix milliseconds; the time of arrival when absent.</summary>
    /// <example>[1795341600000, 1795341600100, 1795341600200]</example>
    public IReadOnlyList<long>? Times { get; init; }
}

/// <summary>The values of several series at one step.</summary>
public sealed record LogPointDto
{
    /// <summary>Whole number within ±2^53.</summary>
    /// <example>3</example>
    public required long Step { get; init; }

    /// <summary>Unix milliseconds; the time of arrival when absent.</summary>
    /// <example>1795341600300</example>
    public long? Time { get; init; }

    /// <summary>Values by name.</summary>
    /// <example>{"train/loss": 1.84, "lr": 0.001}</example>
    public required IReadOnlyDictionary<string, double> Values { get; init; }
}

/// <summary>One histogram of one step: edges and counts, or raw values that the server bins.</summary>
public sealed record LogHistogramDto
{
    /// <summary>1–512 characters.</summary>
    /// <example>grads/fc1</example>
    public required string Name { get; init; }

    /// <summary>Whole number within ±2^53.</summary>
    /// <example>3</example>
    public required long Step { get; init; }

    /// <summary>Unix milliseconds; the time of arrival when absent.</summary>
    /// <example>1795341600300</example>
    public long? Time { get; init; }

    /// <summary>Rising, finite, one more than the counts; at most 1,025.</summary>
    /// <example>[-0.1, 0, 0.1]</example>
    public IReadOnlyList<double>? Edges { get; init; }

    /// <summary>Not negative, finite.</summary>
    /// <example>[12, 52]</example>
    public IReadOnlyList<double>? Counts { get; init; }

    /// <summary>Raw values instead of edges and counts.</summary>
    /// <example>null</example>
    public IReadOnlyList<double>? Values { get; init; }
}

/// <summary>Anything else that a run logs.</summary>
public sealed record LogEventDto
{
    /// <summary>One of <c>probe alert console batch env note resume</c>.</summary>
    /// <example>note</example>
    public required string Kind { get; init; }

    /// <summary>Name of the event.</summary>
    /// <example>checkpoint</example>
    public string? Name { get; init; }

    /// <summary>Step, when it has one.</summary>
    /// <example>400</example>
    public long? Step { get; init; }

    /// <summary>Unix milliseconds; the time of arrival when absent.</summary>
    /// <example>1795341600300</example>
    public long? Time { get; init; }

    /// <summary><c>info</c>, <c>warn</c>, <c>error</c>, …</summary>
    /// <example>info</example>
    public string? Level { get; init; }

    /// <summary>Any JSON object of at most 1 MiB.</summary>
    public JsonElement? Data { get; init; }
}

/// <summary>Answer to a batch: it is durable.</summary>
/// <param name="AcceptedThrough" example="1">Highest number of this writer that is stored; null for a batch without a number.</param>
/// <param name="Accepted" example="1000">Points kept.</param>
/// <param name="Rejected">Points left out, each with its reason.</param>
/// <param name="Stop">Set when the run is asked to stop.</param>
public sealed record LogAnswerDto(long? AcceptedThrough, int Accepted, IReadOnlyList<RejectedDto> Rejected, StopDto? Stop);

/// <param name="Series" example="grads/fc1">Name of the series.</param>
/// <param name="Step" example="3">The step as it was sent; null for an event without one.</param>
/// <param name="Reason" example="edges do not rise">Why the point was left out.</param>
public sealed record RejectedDto(string Series, double? Step, string Reason);
