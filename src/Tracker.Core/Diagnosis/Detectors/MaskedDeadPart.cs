using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>masked-dead-part</c>.</summary>
public sealed record MaskedDeadPartOptions
{
    /// <summary>Fall of the loss so far, in units of its noise, with which it counts as learning. Default 5.</summary>
    public double Descent { get; init; } = 5;
}

/// <summary>The loss falls, so nobody looks, while a part of the model is dead. Says how large that part is: a ceiling that nobody can explain later.</summary>
internal sealed class MaskedDeadPart(MaskedDeadPartOptions options) : Detector
{
    public const string Id = "masked-dead-part";

    private readonly SortedDictionary<string, double> _sizes = new(StringComparer.Ordinal);
    private int _told;

    /// <summary>A histogram of a layer's weights counts them.</summary>
    public override void Look(RunContext run, SeriesState series, HistogramShape histogram) => _sizes[series.Role!.Scope] = histogram.Mass;

    public override void Review(RunContext run)
    {
        if (run.Loss is not { Trend: { } trend } loss || run.IsWarm(loss) || run.IsPoisoned || run.IsFineTune || run.Hints.Frozen.Length > 0) return;
        var dead = Dead(run);
        if (dead.Count == 0)
        {
            _told = 0;
            run.Signals.Clear(Id, loss.Name);
            return;
        }
        var falls = trend.Start - trend.Best > options.Descent * Math.Max(trend.QuietNoise, trend.FineNoise) && !run.Signals.IsActive(LossDivergence.Id, loss.Name);
        if (!falls || dead.Count <= _told) return;
        _told = dead.Count;
        var (share, of) = Share(run, dead);
        var names = string.Join(", ", dead.Keys.Take(3)) + (dead.Count > 3 ? $" and {dead.Count - 3} more" : "");
        run.Signals.Raise(new Signal
        {
            Id = Id,
            // What never had a gradient may be frozen on purpose, and then it is no news.
            Severity = dead.Values.Any(d => d.Certain) ? Severity.High : Severity.Warn,
            Series = loss.Name,
            Step = run.Step,
            OnsetStep = dead.Values.Min(d => d.Onset),
            Title = $"The loss falls, but {Numbers.Percent(share)} of {of} are dead",
            Summary = $"{loss.Name} has fallen from {Numbers.Text(trend.Start)} to {Numbers.Text(trend.Best)} all the same: {names} {(dead.Count == 1 ? "takes" : "take")} no part in it.",
            Evidence = [new Evidence(loss.Name, dead.Values.Min(d => d.Onset), run.Step, $"share of {of} that are dead", Numbers.Round6(share), null)],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _told);
        var count = _sizes.Count;
        s.Sync(ref count);
        if (s.IsLoading)
        {
            for (var i = 0; i < count; i++)
            {
                var name = s.SyncText("");
                var size = 0.0;
                s.Sync(ref size);
                _sizes[name] = size;
            }
            return;
        }
        foreach (var (name, size) in _sizes)
        {
            s.SyncText(name);
            var value = size;
            s.Sync(ref value);
        }
    }

    /// <summary>Layers with an open verdict, with the part of each that is dead: all of it without a gradient, else its dead units.</summary>
    private static SortedDictionary<string, (double Part, long Onset, bool Certain)> Dead(RunContext run)
    {
        var dead = new SortedDictionary<string, (double Part, long Onset, bool Certain)>(StringComparer.Ordinal);
        foreach (var signal in run.Layers.Open(DeadLayer.Id).Concat(run.Layers.Open(DeadRelu.Id)))
        {
            if (signal.Severity < Severity.Warn) continue;
            var kind = signal.Id == DeadLayer.Id ? RoleKind.LayerGradNorm : RoleKind.DeadFraction;
            var series = run.All(kind).FirstOrDefault(l => l.Name == signal.Series);
            if (series is null) continue;
            var part = kind == RoleKind.LayerGradNorm ? 1 : series.Recent is { Count: > 0 } recent ? recent.Median(5) : 0;
            var had = dead.GetValueOrDefault(series.Role!.Scope, (0, signal.OnsetStep, false));
            dead[series.Role.Scope] = (Math.Max(had.Item1, part), Math.Min(had.Item2, signal.OnsetStep), had.Item3 || signal.Severity >= Severity.High);
        }
        return dead;
    }

    /// <summary>Of the parameters where histograms of the weights counted them, else of the layers.</summary>
    private (double Share, string Of) Share(RunContext run, SortedDictionary<string, (double Part, long Onset, bool Certain)> dead)
    {
        double all = 0, lost = 0;
        foreach (var (name, size) in _sizes)
        {
            all += size;
            lost += size * dead.GetValueOrDefault(name).Part;
        }
        if (lost > 0) return (lost / all, "the parameters");
        var layers = Math.Max(dead.Count, Math.Max(run.All(RoleKind.LayerGradNorm).Count, run.All(RoleKind.DeadFraction).Count));
        return (dead.Values.Sum(d => d.Part) / layers, "the layers");
    }
}
