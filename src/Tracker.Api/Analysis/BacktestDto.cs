using System.Text.Json;

namespace Tracker.Api.Analysis;

/// <summary>What to fold anew.</summary>
public sealed record BacktestRequest
{
    /// <summary>Only runs created at this time or later; all when absent.</summary>
    /// <example>2026-11-01T00:00:00Z</example>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Thresholds that differ from the defaults, by detector: <c>{"clipping": {"often": 0.4}}</c>.</summary>
    public JsonElement? Options { get; init; }

    /// <summary>Runs a page, 1–100; default 20. Each is read and folded whole.</summary>
    /// <example>20</example>
    public int? Limit { get; init; }

    /// <summary>The <c>nextCursor</c> of the page before.</summary>
    /// <example>null</example>
    public string? Cursor { get; init; }
}

/// <summary>What the rules would raise beside what is stored. Nothing is changed by it.</summary>
/// <param name="Rules" example="10">Version of the rules.</param>
/// <param name="Items">The oldest run first.</param>
/// <param name="NextCursor" example="4211">For the next page; null on the last one.</param>
public sealed record BacktestDto(int Rules, IReadOnlyList<BacktestRunDto> Items, string? NextCursor);

/// <summary>One run of a back-test.</summary>
public sealed record BacktestRunDto
{
    /// <summary>Id of the run.</summary>
    /// <example>digits-lr10-a1</example>
    public required string Run { get; init; }

    /// <summary>Name of the run.</summary>
    /// <example>lr-10</example>
    public required string Name { get; init; }

    /// <summary>Why it was not folded (<c>thinned</c>: its points were thinned by retention; <c>gone</c>); null when it was.</summary>
    /// <example>null</example>
    public string? Skipped { get; init; }

    /// <summary>Conditions of severity warn and above that would be raised and are not stored.</summary>
    public required IReadOnlyList<string> Added { get; init; }

    /// <summary>Conditions of severity warn and above that are stored and would not be raised.</summary>
    public required IReadOnlyList<string> Gone { get; init; }

    /// <summary>Diagnoses as they are stored.</summary>
    public required IReadOnlyList<BacktestDiagnosisDto> Stored { get; init; }

    /// <summary>Diagnoses as the rules would have them.</summary>
    public required IReadOnlyList<BacktestDiagnosisDto> Raised { get; init; }
}

/// <summary>A diagnosis in short.</summary>
/// <param name="Id" example="5f2a90c1e4b7d210">The same for the same cause and onset.</param>
/// <param name="State" example="open"><c>open</c> or <c>resolved</c>.</param>
/// <param name="Severity" example="high">One of <c>info warn high crit</c>.</param>
/// <param name="Cause" example="clip-threshold-too-low">Top root cause.</param>
/// <param name="Title" example="Gradients are clipped in 97 % of the steps">The symptom in a few words.</param>
/// <param name="OnsetStep" example="100">Step since which it holds.</param>
/// <param name="Step" example="299">Step of the latest change.</param>
/// <param name="Conditions">Ids of its signals.</param>
public sealed record BacktestDiagnosisDto(string Id, string State, string Severity, string Cause, string Title, long OnsetStep, long Step, IReadOnlyList<string> Conditions);
