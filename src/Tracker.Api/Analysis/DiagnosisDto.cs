using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>One root cause in one run: symptom, ranked causes, evidence, what to do.</summary>
public sealed record DiagnosisDto
{
    /// <summary>Stable id: the same points give the same one.</summary>
    /// <example>d-5f2a90c1e4b7</example>
    public required string Id { get; init; }

    /// <summary>Id of the run.</summary>
    /// <example>digits-lr10-a1</example>
    public required string Run { get; init; }

    /// <summary>Name of the run.</summary>
    /// <example>lr-10</example>
    public required string RunName { get; init; }

    /// <summary>Name of the project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary><c>open</c> or <c>resolved</c>.</summary>
    /// <example>open</example>
    public required string State { get; init; }

    /// <summary>One of <c>info warn high crit</c>.</summary>
    /// <example>crit</example>
    public required string Severity { get; init; }

    /// <summary>The symptom in a few words.</summary>
    /// <example>Gradients are clipped in 97 % of the steps</example>
    public required string Title { get; init; }

    /// <summary>The symptom in this run's own numbers.</summary>
    /// <example>The gradient norm passed the threshold 0.05 in 194 of the last 200 steps.</example>
    public required string Symptom { get; init; }

    /// <summary>Top root cause, or <c>unknown</c>.</summary>
    /// <example>clip-threshold-too-low</example>
    public required string Cause { get; init; }

    /// <summary>Causes, best first, at most three, each with what speaks for and against it.</summary>
    public required IReadOnlyList<RankedCause> Causes { get; init; }

    /// <summary>What to do, most useful first.</summary>
    public required IReadOnlyList<string> Prescriptions { get; init; }

    /// <summary>How to verify that it helped.</summary>
    /// <example>The share of clipped steps should fall below 40 %.</example>
    public required string Check { get; init; }

    /// <summary>What to log or to probe next to tell the two most likely causes apart, with the line of code; empty where one is clear.</summary>
    /// <example>To tell “learning rate too high” from “clipping threshold too low”, find out the gradient norm before clipping: run.log({"grad_norm": norm}, step=step)</example>
    public required string Next { get; init; }

    /// <summary>Step of the latest change.</summary>
    /// <example>299</example>
    public required long Step { get; init; }

    /// <summary>Step since which it holds.</summary>
    /// <example>100</example>
    public required long OnsetStep { get; init; }

    /// <summary>Why it was resolved; null while it is open.</summary>
    /// <example>null</example>
    public string? Resolution { get; init; }

    /// <summary>When it was raised.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it last changed.</summary>
    /// <example>2026-11-22T10:01:00Z</example>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Number of its last change in the project.</summary>
    /// <example>98</example>
    public required long ProjectSequence { get; init; }

    /// <summary>What people said of it: <c>acknowledged muted wrong confirmed</c>, or null.</summary>
    /// <example>null</example>
    public string? Verdict { get; init; }

    /// <summary>The signals that it joins, cleared ones included.</summary>
    public required IReadOnlyList<SignalDto> Signals { get; init; }
}

/// <summary>One detector's verdict.</summary>
public sealed record SignalDto
{
    /// <summary>The condition.</summary>
    /// <example>clip-over-80</example>
    public required string Id { get; init; }

    /// <summary>One of <c>info warn high crit</c>.</summary>
    /// <example>high</example>
    public required string Severity { get; init; }

    /// <summary>The series on which it shows.</summary>
    /// <example>grad_norm/total</example>
    public required string Series { get; init; }

    /// <summary>Step at which it was raised.</summary>
    /// <example>299</example>
    public required long Step { get; init; }

    /// <summary>Step since which it holds.</summary>
    /// <example>100</example>
    public required long OnsetStep { get; init; }

    /// <summary>Whether it still holds.</summary>
    /// <example>true</example>
    public required bool Active { get; init; }

    /// <summary>One sentence in this run's own numbers.</summary>
    /// <example>194 of the last 200 steps were clipped.</example>
    public required string Summary { get; init; }

    /// <summary>What was measured, on which steps.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }
}

/// <summary>What a person says of a diagnosis.</summary>
/// <param name="Verdict" example="acknowledged"><c>acknowledged</c>, <c>muted</c>, <c>wrong</c>, <c>confirmed</c>, or null to take it back.</param>
public sealed record VerdictRequest(string? Verdict);
