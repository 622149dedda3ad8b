using System.Diagnostics.CodeAnalysis;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>A well-formed point that cannot be kept, for the answer's <c>rejected</c>.</summary>
/// <param name="Series">Name of the series; for an event its name or else its kind.</param>
/// <param name="Step">The step's JSON number as it was written, or <c>null</c>.</param>
/// <param name="Reason">Why, as a phrase.</param>
public sealed record RejectedPoint(string Series, string Step, string Reason);

/// <summary>The body of <c>POST /runs/{id}/log</c>, decoded and checked.</summary>
public sealed class LogRequest
{
    /// <summary>How many rejected points are named; the rest are counted only.</summary>
    public const int MaxRejectedNamed = 1_000;

    public string? Writer { get; init; }

    /// <summary>From 1; null when the node numbers the batch.</summary>
    public long? Batch { get; init; }

    public required LogBatch Body { get; init; }

    /// <summary>The first <see cref="MaxRejectedNamed"/> points that cannot be kept.</summary>
    public required List<RejectedPoint> Rejected { get; init; }

    /// <summary>All points that cannot be kept.</summary>
    public required int RejectedCount { get; init; }
}

/// <summary>Why a body is refused, in the words of RFC 9457.</summary>
/// <param name="Status">400 for what is not JSON and for a batch without its writer, 422 for JSON that is not a log.</param>
/// <param name="Detail">One sentence.</param>
/// <param name="Field">Path of the field, such as <c>series[3].values[17]</c>; <c>body</c> for the whole.</param>
/// <param name="Limit">The limit that was passed, or null.</param>
public sealed record BodyProblem(int Status, string Detail, string Field, string? Limit = null);

/// <summary>Either a request or a problem.</summary>
public readonly record struct LogBodyResult
{
    public LogBodyResult(LogRequest request) => Request = request;

    public LogBodyResult(BodyProblem problem) => Problem = problem;

    public LogRequest? Request { get; }

    public BodyProblem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Request))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsOk => Request is not null;
}
