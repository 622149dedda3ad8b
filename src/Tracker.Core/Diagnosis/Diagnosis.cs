namespace Tracker.Core.Diagnosis;

public enum DiagnosisState
{
    Open = 0,
    Resolved = 1,
}

public enum DiagnosisEventKind
{
    Raised = 0,
    Updated = 1,
    Resolved = 2,
}

/// <summary>One possible root cause, with what speaks for and against it.</summary>
/// <param name="Id" example="lr-too-high">A root cause of the closed list: <c>lr-too-high</c>.</param>
/// <param name="Strength" example="likely"><c>strong</c>, <c>likely</c>, <c>possible</c> or <c>unlikely</c>.</param>
/// <param name="Title" example="learning rate too high">The cause in words: <c>learning rate too high</c>.</param>
/// <param name="For">Sentences that speak for it.</param>
/// <param name="Against">Sentences that speak against it.</param>
public sealed record RankedCause(string Id, string Strength, string Title, IReadOnlyList<string> For, IReadOnlyList<string> Against);

/// <summary>One root cause in one run, joining signals: what people see, are told about and answer.</summary>
public sealed record RunDiagnosis
{
    /// <summary>Stable: the same points give the same id, live or replayed.</summary>
    public required string Id { get; init; }

    public required DiagnosisState State { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>A short symptom: <c>Gradients are clipped in 97 % of the steps</c>.</summary>
    public required string Title { get; init; }

    /// <summary>One to three sentences with this run's own numbers.</summary>
    public required string Symptom { get; init; }

    /// <summary>Id of the top cause, or <c>unknown</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>Causes, best first; at most three.</summary>
    public IReadOnlyList<RankedCause> Causes { get; init; } = [];

    /// <summary>What to do, most useful first, in this run's own numbers.</summary>
    public IReadOnlyList<string> Prescriptions { get; init; } = [];

    /// <summary>How to verify that it helped.</summary>
    public string Check { get; init; } = "";

    /// <summary>What to log or to probe next to tell the two most likely causes apart, with the line of code; empty where one cause is clear or nothing that is missing would tell.</summary>
    public string Next { get; init; } = "";

    /// <summary>Step of the latest change.</summary>
    public required long Step { get; init; }

    public required long OnsetStep { get; init; }

    /// <summary>Why it was resolved; null while it is open.</summary>
    public string? Resolution { get; init; }

    /// <summary>All members so far, cleared ones included.</summary>
    public IReadOnlyList<Signal> Signals { get; init; } = [];
}

/// <summary>Something that happened to a diagnosis while a batch was folded.</summary>
/// <param name="Kind">Raised, updated or resolved.</param>
/// <param name="Notify">Whether people are to be told: raised at warn or above, severity up, or another top cause.</param>
/// <param name="Diagnosis">The whole diagnosis after the event.</param>
public sealed record DiagnosisEvent(DiagnosisEventKind Kind, bool Notify, RunDiagnosis Diagnosis);
