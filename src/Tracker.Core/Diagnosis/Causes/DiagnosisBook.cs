using System.Globalization;
using System.Text;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// Joins signals into diagnoses, one for each root cause, and says what happened to them. A new signal joins an open diagnosis
/// when one cause explains both; otherwise it opens one.
/// </summary>
internal sealed class DiagnosisBook(string run)
{
    /// <summary>A condition that comes back within this share of the run is the same incident.</summary>
    private const double ReopenShare = 0.2;

    private readonly List<Incident> _incidents = [];

    public IReadOnlyList<RunDiagnosis> Diagnoses => _incidents.ConvertAll(i => i.Diagnosis);

    /// <summary>Takes the signals that changed at this point and adds what that means for the diagnoses.</summary>
    public void Flush(RunContext context, List<DiagnosisEvent> events)
    {
        var dirty = new List<Incident>();
        foreach (var signal in context.Signals.TakeChanges())
        {
            var incident = Find(context, signal);
            if (incident is null)
            {
                if (!signal.Active) continue;
                incident = Open(context, signal);
            }
            incident.Take(signal);
            if (!dirty.Contains(incident)) dirty.Add(incident);
        }
        foreach (var incident in dirty) Tell(context, incident, events);
    }

    public void Sync(StateStream s) => s.Sync(_incidents, Incident.Sync);

    private Incident? Find(RunContext context, Signal signal)
    {
        var holder = _incidents.FindLast(i => i.Has(signal) && (i.IsOpen || context.Points - i.ResolvedAt <= ReopenShare * context.Points));
        if (holder is not null || !signal.Active) return holder;
        var alone = CauseRanking.Rank(context, [signal]);
        return _incidents.Find(i => i.IsOpen && (
            alone is [var top, ..] && top.Id == i.Diagnosis.Cause
            || CauseRanking.Rank(context, [.. i.Members, signal]).Exists(c => CauseTable.Explains(c.Id, signal.Id) && i.Members.Exists(m => CauseTable.Explains(c.Id, m.Id)))));
    }

    private Incident Open(RunContext context, Signal signal)
    {
        var incident = new Incident
        {
            Opened = context.Points,
            Diagnosis = new RunDiagnosis
            {
                Id = Identify(signal),
                State = DiagnosisState.Open,
                Severity = signal.Severity,
                Title = signal.Title,
                Symptom = signal.Summary,
                Cause = "",
                Step = -1,
                OnsetStep = signal.OnsetStep,
            },
        };
        _incidents.Add(incident);
        return incident;
    }

    private static void Tell(RunContext context, Incident incident, List<DiagnosisEvent> events)
    {
        var before = incident.Diagnosis;
        var active = incident.Members.FindAll(m => m.Active);
        var kind = before.Cause.Length == 0 || (before.State == DiagnosisState.Resolved && active.Count > 0) ? DiagnosisEventKind.Raised
            : active.Count == 0 ? DiagnosisEventKind.Resolved
            : DiagnosisEventKind.Updated;
        if (kind == DiagnosisEventKind.Resolved)
        {
            if (before.State == DiagnosisState.Resolved) return;
            incident.ResolvedAt = context.Points;
            incident.Diagnosis = before with
            {
                State = DiagnosisState.Resolved,
                Step = context.Step,
                Resolution = Resolution(context),
                Signals = incident.Members.ToArray(),
            };
        }
        else
        {
            incident.Diagnosis = Describe(context, incident, active);
        }
        events.Add(new DiagnosisEvent(kind, incident.Notifies(kind, incident.Diagnosis), incident.Diagnosis));
    }

    private static RunDiagnosis Describe(RunContext context, Incident incident, List<Signal> active)
    {
        var causes = CauseRanking.Rank(context, incident.Members);
        var cause = causes is [var top, ..] ? top.Id : CauseTable.Unknown;
        var onset = incident.Members.Min(m => m.OnsetStep);
        var (steps, check) = Prescriptions.For(cause, context, onset);
        if (active.Exists(m => m.Id == Detectors.ValStall.Id) && active.TrueForAll(m => m.Severity == Severity.Info)) steps = [Detectors.ValStall.Advice(context), .. steps];
        var ordered = active.OrderByDescending(m => m.Severity).ThenBy(m => m.OnsetStep).ToList();
        return incident.Diagnosis with
        {
            State = DiagnosisState.Open,
            // What it has been at its worst: a diagnosis that got milder is not another one.
            Severity = incident.Members.Max(m => m.Severity),
            Title = ordered[0].Title,
            Symptom = Symptom(ordered),
            Cause = cause,
            Causes = causes,
            Prescriptions = [.. Remedies.For(ordered), .. steps],
            Check = check,
            Step = context.Step,
            OnsetStep = onset,
            Resolution = null,
            Signals = incident.Members.ToArray(),
        };
    }

    /// <summary>The summaries of up to three different conditions, the worst first; the milder of two steps of one ladder is left out.</summary>
    private static string Symptom(List<Signal> ordered)
    {
        var told = new List<string>();
        foreach (var group in ordered.GroupBy(m => m.Id, StringComparer.Ordinal))
        {
            if (group.Key == Detectors.Clipping.Over50 && ordered.Exists(m => m.Id == Detectors.Clipping.Over80)) continue;
            if (told.Count == 3) break;
            var others = group.Count() - 1;
            told.Add(group.First().Summary + (others == 0 ? "" : $" The same holds of {others} other series."));
        }
        return string.Join(' ', told);
    }

    private static string Resolution(RunContext context)
    {
        var rate = context.Rate;
        var after = rate.IsLogged && rate.JumpRatio != 1 && rate.JustJumped ? $", after the learning rate was multiplied by {Numbers.Text(rate.JumpRatio)} at step {rate.JumpStep}" : "";
        return $"All its signals have cleared by step {context.Step}{after}.";
    }

    /// <summary>Of the run, the first signal and its onset, so that a replay finds the same id whatever the cause turns out to be.</summary>
    private string Identify(Signal signal)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{run}\n{signal.Id}\n{signal.Series}\n{signal.OnsetStep}");
        var id = Hash(key);
        while (_incidents.Exists(i => i.Diagnosis.Id == id)) id = Hash(key += "'");
        return id;
    }

    /// <summary>FNV-1a, 64 bits, as 16 hexadecimal digits.</summary>
    private static string Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * 1099511628211UL;
        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
