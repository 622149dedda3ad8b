using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>epoch-boundary-jump</c>.</summary>
public sealed record EpochBoundaryJumpOptions
{
    /// <summary>Full epochs before anything is said; the last eight are folded. Default 4.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>η²: share of the variance that the place in the epoch explains. Default 0.15: healthy runs reach 0.08, sorted data 0.17 to 0.55.</summary>
    public double Explained { get; init; } = 0.15;

    /// <summary>ρ: correlation of the pattern of odd epochs with that of even ones. Default 0.95.</summary>
    public double Repeats { get; init; } = 0.95;

    /// <summary>Evaluations in a row, one an epoch, that raise or clear it. Default 2.</summary>
    public int InARow { get; init; } = 2;
}

/// <summary>
/// The training loss depends on the place in the epoch: phase folding. Each full epoch is cut into eight phases; what is left of their means
/// after the epoch's own mean and the descent from epoch to epoch is the pattern.
/// </summary>
internal sealed class EpochBoundaryJump(EpochBoundaryJumpOptions options) : Detector
{
    public const string Id = "epoch-boundary-jump";
    private const int Bins = 8;
    private const int MostJoined = 6;
    private const int Kept = 8;

    /// <summary>The epoch being filled: sum and count of each phase, then the sum of squares.</summary>
    private double[] _open = new double[2 * Bins + 1];

    /// <summary>The last epochs, oldest first: eight means and counts, the mean, the variation within phases, and how many epochs they are of.</summary>
    private double[] _epochs = new double[Kept * Row];
    private const int Row = 2 * Bins + 3;
    private int _count;
    private int _joined;
    private double _phase = double.NaN;
    private double _reference = double.NaN;
    private bool _logarithmic;
    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || run.IsAdversarial || run.Phase(point.Step) is not { } phase) return;
        if (series.IsPositive != _logarithmic)
        {
            // A loss that reaches zero leaves the logarithms, and the epochs in them are of no use any more.
            (_logarithmic, _count, _phase, _reference) = (series.IsPositive, 0, double.NaN, double.NaN);
            Array.Clear(_open);
        }
        if (phase < _phase - 0.5) CloseEpoch(run, series, point);
        // Epochs seen from their middle on are left out: their phases are not all filled.
        _phase = phase;
        var bin = Math.Min(Bins - 1, (int)(phase * Bins + 1e-6));
        var value = _logarithmic ? Math.Log(point.Value) : point.Value;
        // Sums of squares about a fixed point near the values lose no digits.
        if (double.IsNaN(_reference)) _reference = value;
        value -= _reference;
        _open[bin] += value;
        _open[Bins + bin]++;
        _open[2 * Bins] += value * value;
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open, _open.Length);
        s.Sync(ref _count);
        s.Sync(ref _joined);
        s.Sync(ref _epochs, Kept * Row);
        s.Sync(ref _phase);
        s.Sync(ref _reference);
        s.Sync(ref _logarithmic);
        _alarm.Sync(s);
    }

    private void CloseEpoch(RunContext run, SeriesState series, in Point point)
    {
        Span<double> row = stackalloc double[Row];
        double n = 0, sum = 0, between = 0;
        // A series that is not logged every step fills the phases of one epoch over several.
        for (var b = 0; b < Bins; b++)
        {
            if (_open[Bins + b] == 0 && ++_joined < MostJoined) return;
        }
        var joined = Math.Min(_joined + 1, MostJoined);
        _joined = 0;
        var full = true;
        for (var b = 0; b < Bins; b++)
        {
            var count = _open[Bins + b];
            full &= count > 0;
            row[b] = count > 0 ? _open[b] / count : 0;
            row[Bins + b] = count;
            n += count;
            sum += _open[b];
        }
        var mean = n > 0 ? sum / n : 0;
        for (var b = 0; b < Bins; b++) between += row[Bins + b] * (row[b] - mean) * (row[b] - mean);
        row[2 * Bins] = mean;
        row[2 * Bins + 2] = joined;
        row[2 * Bins + 1] = Math.Max(0, _open[2 * Bins] - n * mean * mean - between);
        Array.Clear(_open);
        // Cycles of the rate repeat themselves, too.
        if (!full || run.JustResumed || run.Rate.IsCyclic) return;
        if (_count == Kept)
        {
            Array.Copy(_epochs, Row, _epochs, 0, (Kept - 1) * Row);
            _count--;
        }
        row.CopyTo(_epochs.AsSpan(_count++ * Row));
        if (_count >= options.Epochs) Judge(run, series, point);
    }

    private void Judge(RunContext run, SeriesState series, in Point point)
    {
        Span<double> pattern = stackalloc double[Bins];
        Span<double> odd = stackalloc double[Bins];
        Span<double> even = stackalloc double[Bins];
        Span<double> weights = stackalloc double[Bins];
        // The straight line through the epochs' means: what a phase is lower than the one before only because the run goes on.
        var length = 0.0;
        for (var e = 1; e < _count; e++) length += (_epochs[e * Row + 2 * Bins + 2] + _epochs[(e - 1) * Row + 2 * Bins + 2]) / 2;
        var slope = (Mean(_count - 1) - Mean(0)) / length;
        var within = 0.0;
        for (var e = 0; e < _count; e++)
        {
            within += _epochs[e * Row + 2 * Bins + 1];
            for (var b = 0; b < Bins; b++)
            {
                var rest = _epochs[e * Row + b] - Mean(e) - slope * ((b + 0.5) / Bins - 0.5);
                pattern[b] += rest / _count;
                (e % 2 == 0 ? even : odd)[b] += rest;
                weights[b] += _epochs[e * Row + Bins + b];
            }
        }
        double locked = 0, unlocked = 0;
        for (var b = 0; b < Bins; b++)
        {
            locked += weights[b] * pattern[b] * pattern[b];
            for (var e = 0; e < _count; e++)
            {
                var rest = _epochs[e * Row + b] - Mean(e) - slope * ((b + 0.5) / Bins - 0.5) - pattern[b];
                unlocked += _epochs[e * Row + Bins + b] * rest * rest;
            }
        }
        var explained = locked > 0 ? locked / (locked + unlocked + within) : 0;
        var repeats = Correlation(odd, even);
        // Of pure noise eight phases explain 7 parts in n: short epochs need more.
        var points = 0.0;
        foreach (var weight in weights) points += weight;
        var raise = explained >= Math.Max(options.Explained, 4 * (Bins - 1) / points) && repeats >= options.Repeats;
        var clear = explained < options.Explained / 2 || repeats < 0.8;
        switch (_alarm.Update(raise, clear, point.Step, options.InARow, options.InARow))
        {
            case AlarmChange.Raised:
                Tell(run, series, point, explained, repeats, pattern);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    private double Mean(int epoch) => _epochs[epoch * Row + 2 * Bins];

    private static double Correlation(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double meanA = 0, meanB = 0, ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
        {
            meanA += a[i] / a.Length;
            meanB += b[i] / b.Length;
        }
        for (var i = 0; i < a.Length; i++)
        {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return aa > 0 && bb > 0 ? ab / Math.Sqrt(aa * bb) : 0;
    }

    private void Tell(RunContext run, SeriesState series, in Point point, double explained, double repeats, ReadOnlySpan<double> pattern)
    {
        var rises = 0;
        for (var b = 1; b < Bins; b++) rises += pattern[b] > pattern[b - 1] ? 1 : 0;
        // Down at the boundary and slowly up again: what Adam does to data that it sees once an epoch, and what a running mean looks like.
        var sawtooth = rises >= Bins - 2 && pattern[0] < pattern[Bins - 1];
        var length = run.Epoch.Length(run.Hints) ?? 0;
        var jump = pattern[0] - pattern[Bins - 1];
        var size = _logarithmic ? $"by a factor of {Numbers.Text(Math.Exp(Math.Abs(jump)))}" : $"by {Numbers.Text(Math.Abs(jump))}";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = sawtooth ? Severity.Info : Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = Math.Max(series.FirstStep, point.Step - (long)(_count * length)),
            Title = sawtooth ? "The loss is a sawtooth of the epochs" : $"The loss follows the place in the epoch, {Numbers.Percent(explained)} of its variance",
            Summary = $"{series.Name} goes {(jump > 0 ? "up" : "down")} {size} where an epoch of {Numbers.Text(length)} steps begins, in each of the last {_count} epochs alike"
                + (sawtooth ? ", and slowly up again within it: usual under Adam, or a running mean." : ": batches come in the same order every time."),
            Evidence =
            [
                new Evidence(series.Name, Math.Max(series.FirstStep, point.Step - (long)(_count * length)), point.Step, "share of the variance explained by the place in the epoch", Numbers.Round6(explained), options.Explained),
                new Evidence(series.Name, Math.Max(series.FirstStep, point.Step - (long)(_count * length)), point.Step, "correlation of the patterns of odd and even epochs", Numbers.Round6(repeats), options.Repeats),
            ],
        });
    }
}
