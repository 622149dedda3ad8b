using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>A diagnosis while it lives: what was last said of it, and what is needed to say the next thing.</summary>
internal sealed class Incident
{
    private long _opened;
    private long _resolvedAt;
    private int _notifiedSeverity = -1;
    private string? _notifiedCause;
    private long _notifiedStep;
    private bool _merged;

    public required RunDiagnosis Diagnosis { get; set; }

    /// <summary>Members so far, the latest state of each.</summary>
    public List<Signal> Members { get; init; } = [];

    /// <summary>Points folded when it opened, and when it was resolved.</summary>
    public long Opened { get => _opened; set => _opened = value; }

    public long ResolvedAt { get => _resolvedAt; set => _resolvedAt = value; }

    public bool IsOpen => Diagnosis.State == DiagnosisState.Open;

    public void Take(Signal signal)
    {
        var at = Members.FindIndex(m => m.Id == signal.Id && m.Series == signal.Series);
        if (at < 0) Members.Add(signal);
        else Members[at] = signal;
    }

    /// <summary>Whether it holds a signal; what was joined with an older diagnosis holds none any more.</summary>
    public bool Has(Signal signal) => !_merged && Members.Exists(m => m.Id == signal.Id && m.Series == signal.Series);

    /// <summary>Takes the signals of a younger diagnosis with the same cause, which lives on in this one; who was told of it was told of this.</summary>
    public void Merge(Incident younger)
    {
        foreach (var signal in younger.Members) Take(signal);
        if (younger._notifiedSeverity > _notifiedSeverity) (_notifiedSeverity, _notifiedCause, _notifiedStep) = (younger._notifiedSeverity, younger._notifiedCause, younger._notifiedStep);
        younger._merged = true;
    }

    /// <summary>
    /// Whether people are to be told: warn or above, and worse than what they were told, or another top cause at least 1,000 steps later.
    /// </summary>
    public bool Notifies(DiagnosisEventKind kind, RunDiagnosis diagnosis)
    {
        if (kind == DiagnosisEventKind.Resolved || diagnosis.Severity < Severity.Warn) return false;
        var worse = (int)diagnosis.Severity > _notifiedSeverity;
        var otherwise = diagnosis.Cause != _notifiedCause && diagnosis.Step - _notifiedStep >= 1000;
        if (!worse && !otherwise) return false;
        (_notifiedSeverity, _notifiedCause, _notifiedStep) = ((int)diagnosis.Severity, diagnosis.Cause, diagnosis.Step);
        return true;
    }

    public static Incident Sync(StateStream s, Incident? incident)
    {
        var members = incident?.Members ?? [];
        s.Sync(members, SignalBoard.SyncSignal);
        var diagnosis = SyncDiagnosis(s, incident?.Diagnosis, members);
        var result = incident ?? new Incident { Diagnosis = diagnosis, Members = members };
        s.Sync(ref result._opened);
        s.Sync(ref result._resolvedAt);
        s.Sync(ref result._notifiedSeverity);
        s.Sync(ref result._notifiedCause);
        s.Sync(ref result._notifiedStep);
        s.Sync(ref result._merged);
        return result;
    }

    private static RunDiagnosis SyncDiagnosis(StateStream s, RunDiagnosis? d, List<Signal> members)
    {
        var (state, severity, step, onset, resolution) = ((int)(d?.State ?? DiagnosisState.Open), (int)(d?.Severity ?? Severity.Info), d?.Step ?? 0, d?.OnsetStep ?? 0, d?.Resolution);
        var causes = d is null ? [] : new List<RankedCause>(d.Causes);
        var prescriptions = d is null ? [] : new List<string>(d.Prescriptions);
        s.Sync(ref state);
        s.Sync(ref severity);
        s.Sync(ref step);
        s.Sync(ref onset);
        s.Sync(ref resolution);
        s.Sync(causes, SyncCause);
        s.Sync(prescriptions, SyncText);
        return new RunDiagnosis
        {
            Id = s.SyncText(d?.Id ?? ""),
            State = (DiagnosisState)state,
            Severity = (Severity)severity,
            Title = s.SyncText(d?.Title ?? ""),
            Symptom = s.SyncText(d?.Symptom ?? ""),
            Cause = s.SyncText(d?.Cause ?? ""),
            Causes = causes,
            Prescriptions = prescriptions,
            Check = s.SyncText(d?.Check ?? ""),
            Next = s.SyncText(d?.Next ?? ""),
            Step = step,
            OnsetStep = onset,
            Resolution = resolution,
            Signals = members.ToArray(),
        };
    }

    private static RankedCause SyncCause(StateStream s, RankedCause? cause)
    {
        var speaksFor = cause is null ? [] : new List<string>(cause.For);
        var against = cause is null ? [] : new List<string>(cause.Against);
        s.Sync(speaksFor, SyncText);
        s.Sync(against, SyncText);
        return new RankedCause(s.SyncText(cause?.Id ?? ""), s.SyncText(cause?.Strength ?? ""), s.SyncText(cause?.Title ?? ""), speaksFor, against);
    }

    private static string SyncText(StateStream s, string? text) => s.SyncText(text ?? "");
}
