namespace Tracker.Core.Diagnosis.Engine;

/// <summary>All signals of the run, one for each condition and series; what changed waits here for the diagnoses.</summary>
internal sealed class SignalBoard
{
    private readonly List<Signal> _signals = [];
    private readonly List<Signal> _changed = [];

    public IReadOnlyList<Signal> Signals => _signals;

    public bool HasChanges => _changed.Count > 0;

    public bool IsActive(string id) => _signals.Exists(s => s.Active && s.Id == id);

    public bool IsActive(string id, string series) => _signals.Exists(s => s.Active && s.Id == id && s.Series == series);

    /// <summary>Raises a signal, or replaces the one of the same condition and series.</summary>
    public void Raise(Signal signal)
    {
        var at = Index(signal.Id, signal.Series);
        if (at < 0) _signals.Add(signal);
        else _signals[at] = signal;
        _changed.Add(signal);
    }

    /// <summary>Clears a signal; nothing happens when it is not active.</summary>
    public void Clear(string id, string series)
    {
        var at = Index(id, series);
        if (at < 0 || !_signals[at].Active) return;
        _signals[at] = _signals[at] with { Active = false };
        _changed.Add(_signals[at]);
    }

    public List<Signal> TakeChanges()
    {
        var taken = new List<Signal>(_changed);
        _changed.Clear();
        return taken;
    }

    public void Sync(StateStream s)
    {
        s.Sync(_signals, SyncSignal);
        s.Sync(_changed, SyncSignal);
    }

    public static Signal SyncSignal(StateStream s, Signal? signal)
    {
        var severity = (int)(signal?.Severity ?? Severity.Info);
        var (step, onset, active, version) = (signal?.Step ?? 0, signal?.OnsetStep ?? 0, signal?.Active ?? false, signal?.RuleVersion ?? 0);
        var evidence = signal is null ? [] : new List<Evidence>(signal.Evidence);
        var id = s.SyncText(signal?.Id ?? "");
        var series = s.SyncText(signal?.Series ?? "");
        var title = s.SyncText(signal?.Title ?? "");
        var summary = s.SyncText(signal?.Summary ?? "");
        s.Sync(ref severity);
        s.Sync(ref step);
        s.Sync(ref onset);
        s.Sync(ref active);
        s.Sync(ref version);
        s.Sync(evidence, SyncEvidence);
        return new Signal
        {
            Id = id, Severity = (Severity)severity, Series = series, Step = step, OnsetStep = onset, Active = active,
            Title = title, Summary = summary, Evidence = evidence, RuleVersion = version,
        };
    }

    private static Evidence SyncEvidence(StateStream s, Evidence? evidence)
    {
        var (from, to, value) = (evidence?.FromStep ?? 0, evidence?.ToStep ?? 0, evidence?.Value ?? 0);
        var series = s.SyncText(evidence?.Series ?? "");
        var statistic = s.SyncText(evidence?.Statistic ?? "");
        s.Sync(ref from);
        s.Sync(ref to);
        s.Sync(ref value);
        return new Evidence(series, from, to, statistic, value, s.SyncNullable(evidence?.Threshold));
    }

    private int Index(string id, string series) => _signals.FindIndex(s => s.Id == id && s.Series == series);
}
