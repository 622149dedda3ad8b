using System.Globalization;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Which diagnoses a list has; what is null does not narrow it.</summary>
public sealed record DiagnosisFilter
{
    public string? Project { get; init; }

    /// <summary>Only of these projects, by key: what the caller may see; null for all.</summary>
    public long[]? Projects { get; init; }

    /// <summary><c>open</c> or <c>resolved</c>.</summary>
    public string? State { get; init; }

    /// <summary>Least severity.</summary>
    public Severity Least { get; init; } = Severity.Info;

    /// <summary>A verdict, or <c>none</c>: nobody has answered.</summary>
    public string? Verdict { get; init; }

    /// <summary>Id of a condition, one of whose signals is in the diagnosis.</summary>
    public string? Condition { get; init; }
}

/// <summary>A place in the list of diagnoses, the latest change first: <c>microseconds.id</c> as text.</summary>
public sealed record DiagnosisCursor(DateTimeOffset At, string Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(At - DateTimeOffset.UnixEpoch).Ticks / 10}.{Id}");

    /// <summary>The place that the text names, or null when it names none.</summary>
    public static DiagnosisCursor? Parse(string text) =>
        text.Split('.', 2) is [var at, { Length: > 0 } id] && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros < long.MaxValue / 100
            ? new DiagnosisCursor(DateTimeOffset.UnixEpoch.AddTicks(micros * 10), id)
            : null;
}
