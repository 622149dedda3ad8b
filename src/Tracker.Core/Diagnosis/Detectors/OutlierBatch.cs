using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>outlier-batch</c>.</summary>
public sealed record OutlierBatchOptions
{
    /// <summary>Robust z of the loss (its logarithm, where it is positive) from which a point is a spike. Default 8: healthy runs stay below 4.7.</summary>
    public double Z { get; init; } = 8;

    /// <summary>The spike must also be this part above the level. Default 0.1.</summary>
    public double Rise { get; init; } = 0.1;

    /// <summary>Points before a spike is believed. Default 50.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Spikes of one batch that make it a warning. Default 2.</summary>
    public int Spikes { get; init; } = 2;

    /// <summary>Share of a batch's appearances that must spike. Default 0.5.</summary>
    public double Share { get; init; } = 0.5;
}

/// <summary>Which batches the spikes of the loss came from, by the ids that the run logs as <c>batch</c> events.</summary>
internal sealed class OutlierBatch(OutlierBatchOptions options) : Detector
{
    public const string Id = "outlier-batch";

    /// <summary>Batches that are remembered as suspects, and ids that are taken from one event.</summary>
    private const int Most = 64;

    private readonly SortedDictionary<string, Suspect> _suspects = new(StringComparer.Ordinal);
    private List<string> _ids = [];
    private long _idsStep = long.MinValue;
    private long _spikeStep = long.MinValue;
    private string _series = "";
    private double _z;
    private int _told;

    /// <summary>The run is poisoned by NaN at once, and just that batch is to be named.</summary>
    public override bool SeesPoisoned => true;

    public override void Notice(RunContext run, Happening happening)
    {
        var ids = happening.Texts("ids");
        if (happening.Text("id") is { } id) ids.Add(id);
        if (ids.Count == 0 && happening.Name.Length > 0) ids.Add(happening.Name);
        if (ids.Count > Most) ids.RemoveRange(Most, ids.Count - Most);
        foreach (var one in ids)
        {
            if (_suspects.TryGetValue(one, out var known)) _suspects[one] = known with { Seen = known.Seen + 1 };
        }
        (_ids, _idsStep) = (ids, happening.Step);
        // The ids of a step may come after its loss.
        if (happening.Step == _spikeStep) Accuse(run, happening.Step);
    }

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!ReferenceEquals(series, run.Loss) || !IsSpike(run, series, point)) return;
        (_spikeStep, _series) = (point.Step, series.Name);
        if (_idsStep == point.Step) Accuse(run, point.Step);
    }

    public override void Sync(StateStream s)
    {
        var count = _suspects.Count;
        s.Sync(ref count);
        if (s.IsLoading)
        {
            for (var i = 0; i < count; i++) _suspects[s.SyncText("")] = Suspect.Sync(s, default);
        }
        else
        {
            foreach (var (id, suspect) in _suspects)
            {
                s.SyncText(id);
                Suspect.Sync(s, suspect);
            }
        }
        s.Sync(_ids, static (stream, text) => stream.SyncText(text ?? ""));
        s.Sync(ref _idsStep);
        s.Sync(ref _spikeStep);
        _series = s.SyncText(_series);
        s.Sync(ref _z);
        s.Sync(ref _told);
    }

    private bool IsSpike(RunContext run, SeriesState series, in Point point)
    {
        if (series.Finite < run.Window(series, options.Points) || run.IsInRateGrace(series) || run.JustResumed) return false;
        if (!double.IsFinite(point.Value))
        {
            _z = double.PositiveInfinity;
            return series.NonFiniteRun == 1;
        }
        var logs = series.IsPositive;
        var (level, spread) = series.Trend!.Typical(logs);
        var y = logs ? Math.Log(point.Value) : point.Value;
        _z = (y - level) / Math.Max(spread, logs ? 1e-4 : 1e-3 * Math.Abs(level));
        var rise = logs ? Math.Log(1 + options.Rise) : options.Rise * Math.Max(0, series.Trend.Start - series.Trend.Best);
        return _z >= options.Z && y - level >= rise;
    }

    private void Accuse(RunContext run, long step)
    {
        foreach (var id in _ids)
        {
            if (_suspects.TryGetValue(id, out var known)) _suspects[id] = known with { Spikes = known.Spikes + 1, Last = step };
            else if (_suspects.Count < Most) _suspects[id] = new Suspect(1, 1, step, step);
        }
        var guilty = _suspects.Where(s => s.Value.Spikes >= options.Spikes && s.Value.Spikes >= options.Share * s.Value.Seen).OrderByDescending(s => s.Value.Spikes).ToList();
        var one = guilty.Count == 0;
        if (one && _told > 0) return;
        if (!one && guilty.Count == _told - 1) return;
        _told = one ? 1 : guilty.Count + 1;
        var names = one ? _ids : guilty.ConvertAll(g => g.Key);
        var list = string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = one ? Severity.Info : Severity.Warn,
            Series = _series,
            Step = step,
            OnsetStep = one ? step : guilty.Min(g => g.Value.First),
            Title = one ? $"The spike at step {step} came with {(names.Count == 1 ? "batch" : "the batches")} {list}" : $"The loss spikes whenever {(names.Count == 1 ? "batch " : "one of these batches comes: ")}{list}{(names.Count == 1 ? " comes" : "")}",
            Summary = one
                ? $"At step {step} {_series} rose to {Numbers.Text(_z)} times its usual spread above its level, with {list}."
                : $"{list}: {string.Join("; ", guilty.Take(5).Select(g => $"{g.Value.Spikes} spikes in {g.Value.Seen} appearances"))}. Look at these samples, and leave them out.",
            Evidence = [new Evidence(_series, one ? step : guilty.Min(g => g.Value.First), step, one ? "robust z of the loss" : "spikes with the same batch", Numbers.Round6(one ? _z : guilty[0].Value.Spikes), one ? options.Z : options.Spikes)],
        });
    }

    private readonly record struct Suspect(int Spikes, int Seen, long First, long Last)
    {
        public static Suspect Sync(StateStream s, Suspect value)
        {
            var (spikes, seen, first, last) = value;
            s.Sync(ref spikes);
            s.Sync(ref seen);
            s.Sync(ref first);
            s.Sync(ref last);
            return new Suspect(spikes, seen, first, last);
        }
    }
}
