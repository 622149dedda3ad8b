using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>attention-collapse</c>.</summary>
public sealed record AttentionCollapseOptions
{
    /// <summary>Entropy over that of uniform attention at or below which a layer has collapsed. Default 0.25; clears at 0.4.</summary>
    public double Share { get; init; } = 0.25;

    /// <summary>
    /// Entropy in nats that is a collapse whatever the length: 0.26 nats are 1.3 positions. It holds where neither the config's <c>seq_len</c>
    /// nor the entropy at the start tells what uniform attention would have. Default 0.26.
    /// </summary>
    public double FewPositions { get; init; } = 0.26;

    /// <summary>Points in a row for a series logged every step; fewer for a sparser one, never fewer than 3. Default 20.</summary>
    public int Points { get; init; } = 20;

    /// <summary>Share of a layer's heads, where each is logged, from which it is more than a few sharp heads. Default 0.5.</summary>
    public double Heads { get; init; } = 0.5;
}

/// <summary>
/// Attention rows have become almost one-hot: the entropy falls to, or starts at, a quarter of what uniform attention has. Single heads are a note,
/// since induction heads are sharp and useful.
/// </summary>
internal sealed class AttentionCollapse(AttentionCollapseOptions options) : Detector
{
    public const string Id = "attention-collapse";

    private Alarm _alarm;
    private double _uniform;
    private double _limit;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        // With the second point every layer has shown where it began.
        if (series.Finite <= 2) Measure(run, series);
        var low = point.Value <= _limit;
        if (!low && !_alarm.IsOpen) return;
        var points = Math.Max(3, run.Window(series, options.Points) / 2);
        switch (_alarm.Update(low, point.Value > 1.6 * _limit, point.Step, points, points))
        {
            case AlarmChange.Raised:
                var layer = series.Role!.Scope;
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = IsOneOfManyHeads(run, series) ? Severity.Info : Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"Attention of {layer} has collapsed onto {Numbers.Text(Math.Round(Math.Exp(point.Value), 1))} positions",
                    Summary = $"{series.Name} is {Numbers.Text(point.Value)} nats at most since step {_alarm.Onset}{(run.Hints.SequenceLength is null ? "" : $", where uniform attention has {Numbers.Text(_uniform)}")} (it began at {Numbers.Text(series.First)}): the rows are almost one-hot and pass hardly any gradient.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "attention entropy, nats", Numbers.Round6(point.Value), Numbers.Round6(_limit))],
                }, -point.Value);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _uniform);
        s.Sync(ref _limit);
    }

    /// <summary>
    /// What uniform attention would have, in nats. Over T positions it is ln T, and (Σ ln i) / T where each row sees only what is before it: the lower
    /// of the two where nothing began above it. Without T the highest entropy that any layer began with is the best there is.
    /// </summary>
    private void Measure(RunContext run, SeriesState series)
    {
        var highest = series.First;
        foreach (var layer in run.All(RoleKind.AttentionEntropy)) highest = layer.Finite > 0 ? Math.Max(highest, layer.First) : highest;
        if (run.Hints.SequenceLength is >= 2 and var length)
        {
            // Stirling's series.
            var masked = Math.Log(length) - 1 + Math.Log(2 * Math.PI * length) / (2 * length) + 1 / (12 * length * length);
            _uniform = Math.Max(masked, Math.Min(highest, Math.Log(length)));
            _limit = options.Share * _uniform;
            return;
        }
        _uniform = highest;
        _limit = Math.Max(options.Share * _uniform, options.FewPositions);
    }

    /// <summary>Whether the series is one head of a layer most of whose heads are not low.</summary>
    private bool IsOneOfManyHeads(RunContext run, SeriesState series)
    {
        if (Layer(series) is not { } layer) return false;
        var (heads, low) = (0, 0);
        foreach (var other in run.All(RoleKind.AttentionEntropy))
        {
            if (Layer(other) != layer) continue;
            heads++;
            if (other.LastFinite <= _limit) low++;
        }
        return heads > 1 && low < options.Heads * heads;
    }

    /// <summary>The layer that a head belongs to: what stands before a last part such as <c>h3</c>, <c>head_3</c> or <c>3</c>; null for a whole layer.</summary>
    private static string? Layer(SeriesState series)
    {
        var scope = series.Role!.Scope;
        var at = scope.LastIndexOfAny(['/', '.']);
        if (at <= 0) return null;
        var last = scope.AsSpan(at + 1).TrimStart("headHEAD_-");
        return last.Length > 0 && last.IndexOfAnyExceptInRange('0', '9') < 0 && scope[at] == '/' ? scope[..at] : null;
    }
}
