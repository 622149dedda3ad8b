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

    /// <summary>A change of the run this many points before a resolution is named with it.</summary>
    private const int RecentPoints = 50;

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
        if (dirty.Count > 0) Merge(context, events);
    }

    public void Sync(StateStream s) => s.Sync(_incidents, Incident.Sync);

    /// <summary>The diagnosis that has the signal already, else the open one that silences it, that has its condition of another series, whose cause explains it, or with which it shares a cause.</summary>
    private Incident? Find(RunContext context, Signal signal)
    {
        var holder = _incidents.FindLast(i => i.Has(signal) && (i.IsOpen || context.Points - i.ResolvedAt <= ReopenShare * context.Points));
        if (holder is not null || !signal.Active) return holder;
        var open = _incidents.FindAll(i => i.IsOpen);
        var cause = CauseRanking.Rank(context, [signal]) is [var top, ..] ? top.Id : null;
        return open.Find(i => i.Members.Exists(m => Inhibition.Silences(m, signal)))
            ?? open.Find(i => i.Members.Exists(m => m.Active && m.Id == signal.Id))
            ?? open.Find(i => i.Diagnosis.Cause == cause)
            ?? open.Find(i => CauseRanking.Rank(context, [.. i.Members, signal]).Exists(c => c.Strength != "unlikely" && Joins(context, c.Id, signal, i.Members)));
    }

    /// <summary>Whether a cause accounts both for a signal and for one of the others, one of them by its own right.</summary>
    private static bool Joins(RunContext context, string cause, Signal signal, List<Signal> others)
    {
        List<Signal> all = [.. others, signal];
        var slack = Consequences.Slack(context);
        if (CauseRanking.Accounts(cause, signal, all, slack) == 0) return false;
        var explained = CauseTable.Explains(cause, signal.Id);
        return others.Exists(o => CauseTable.Explains(cause, o.Id) || (explained && CauseRanking.Accounts(cause, o, all, slack) > 0));
    }

    /// <summary>Joins open diagnoses for which one cause accounts: the older one lives on, and the younger one says where it went.</summary>
    private void Merge(RunContext context, List<DiagnosisEvent> events)
    {
        for (var older = 0; older < _incidents.Count; older++)
        {
            for (var younger = older + 1; younger < _incidents.Count; younger++)
            {
                var (a, b) = (_incidents[older], _incidents[younger]);
                if (!a.IsOpen || !b.IsOpen || !Agree(context, a, b)) continue;
                b.ResolvedAt = context.Points;
                b.Diagnosis = b.Diagnosis with { State = DiagnosisState.Resolved, Step = context.Step, Resolution = $"Joined with \u201C{a.Diagnosis.Title}\u201D: one cause accounts for both." };
                a.Merge(b);
                events.Add(new DiagnosisEvent(DiagnosisEventKind.Resolved, false, b.Diagnosis));
                Tell(context, a, events);
            }
        }
    }

    private static bool Agree(RunContext context, Incident a, Incident b)
    {
        if (a.Diagnosis.Cause == b.Diagnosis.Cause) return a.Diagnosis.Cause != RootCauses.Unknown;
        List<Signal> both = [.. a.Members, .. b.Members];
        return CauseRanking.Rank(context, both) is [var top, ..] && (top.Id == a.Diagnosis.Cause || top.Id == b.Diagnosis.Cause) && Leads(a).TrueForAll(Accounted) && Leads(b).TrueForAll(Accounted);

        bool Accounted(Signal m) => CauseRanking.Accounts(top.Id, m, both, Consequences.Slack(context)) > 0;
    }

    /// <summary>The active signals that make the diagnosis what it is: the alarms that decide for its cause, else what decides, else all.</summary>
    private static List<Signal> Leads(Incident incident)
    {
        var active = incident.Members.FindAll(m => m.Active);
        var deciding = active.FindAll(m => CauseTable.Weight(incident.Diagnosis.Cause, m.Id) >= CauseRanking.Decides);
        var alarms = deciding.FindAll(m => m.Severity >= Severity.Warn);
        return alarms.Count > 0 ? alarms : deciding.Count > 0 ? deciding : active;
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

    private void Tell(RunContext context, Incident incident, List<DiagnosisEvent> events)
    {
        var before = incident.Diagnosis;
        var active = Standing(incident);
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

    /// <summary>The active signals, or none where all that alarmed have cleared: notes alone keep no alarm open.</summary>
    private static List<Signal> Standing(Incident incident)
    {
        var active = incident.Members.FindAll(m => m.Active);
        return active.Exists(m => m.Severity >= Severity.Warn) || incident.Members.TrueForAll(m => m.Severity == Severity.Info) ? active : [];
    }

    private static bool IsProbe(Signal signal) => signal.Series.StartsWith(ProbeDetector.SeriesOf(""), StringComparison.Ordinal);

    private RunDiagnosis Describe(RunContext context, Incident incident, List<Signal> active)
    {
        var causes = CauseRanking.Rank(context, incident.Members);
        var earlier = Earlier(incident, causes);
        if (earlier.Count > 0 && causes is [_, _, { Strength: "unlikely" }]) causes.RemoveAt(2);
        causes.AddRange(earlier.Take(3 - causes.Count));
        var cause = causes is [var top, ..] ? top.Id : RootCauses.Unknown;
        var onset = incident.Members.Min(m => m.OnsetStep);
        var (steps, check) = Prescriptions.For(cause, context, onset);
        if (CauseRanking.IsQuestion(active) && StallFacts.Hypotheses.Contains(cause)) steps = [Detectors.ValStall.Advice(context), .. steps];
        var shown = active.Exists(m => !IsProbe(m) && (m.Severity == Severity.Crit || (m.Severity >= Severity.Warn && CauseTable.Weight(cause, m.Id) >= CauseRanking.Decides)));
        // What the curves show names a diagnosis, before what a test of the model, made ahead of the training, found.
        var ordered = active.OrderBy(m => shown && IsProbe(m)).ThenByDescending(m => m.Severity).ThenBy(m => m.OnsetStep).ToList();
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
            Next = Discriminators.Between(context, causes),
            Step = context.Step,
            OnsetStep = onset,
            Resolution = null,
            Signals = incident.Members.ToArray(),
        };
    }

    /// <summary>Places that are left over go to what went wrong before in this run and still does: it may be behind this too.</summary>
    private List<RankedCause> Earlier(Incident incident, List<RankedCause> causes)
    {
        if (causes.Count == 0 || CauseRanking.IsQuestion(incident.Members)) return [];
        var onset = incident.Members.Min(m => m.OnsetStep);
        return _incidents
            .Where(i => i != incident && i.IsOpen && i.Diagnosis.OnsetStep <= onset && i.Diagnosis.Causes.Count > 0 && !RootCauses.Benign.Contains(i.Diagnosis.Cause) && !causes.Exists(c => c.Id == i.Diagnosis.Cause))
            .OrderByDescending(i => i.Diagnosis.Severity).ThenBy(i => i.Diagnosis.OnsetStep)
            .DistinctBy(i => i.Diagnosis.Cause)
            .Select(i => new RankedCause(i.Diagnosis.Cause, "unlikely", RootCauses.Titles[i.Diagnosis.Cause], [$"it was there before: {i.Diagnosis.Title}, since step {i.Diagnosis.OnsetStep}"], ["nothing here speaks for it directly"]))
            .ToList();
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

    /// <summary>What changed in the last 50 points of the rate or of the loss.</summary>
    private static string Resolution(RunContext context)
    {
        var rate = context.Rate;
        var near = RecentPoints * (context.First(RoleKind.LearningRate)?.Stride ?? 1);
        var after = rate is { IsLogged: true, Jumps: > 0 } && context.Step - rate.JumpStep <= near
            ? $", after the learning rate was multiplied by {Numbers.Text(rate.JumpRatio)} at step {rate.JumpStep}"
            : context.JustResumed ? ", after the run was resumed" : "";
        return $"All its alarms have cleared by step {context.Step}{after}.";
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
