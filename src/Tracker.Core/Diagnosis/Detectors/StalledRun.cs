using System.Numerics;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>stalled-run</c>.</summary>
public sealed record StalledRunOptions
{
    /// <summary>Shortest silence, in seconds. Default 300.</summary>
    public double Seconds { get; init; } = 300;

    /// <summary>Silence in units of the 99th percentile of the gaps between points. Default 10.</summary>
    public double Gaps { get; init; } = 10;

    /// <summary>Gaps before any is judged. Default 50.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Points in a row after which it is over. Default 20.</summary>
    public int ClearAfterPoints { get; init; } = 20;
}

/// <summary>
/// The training loss was silent far longer than it ever is. Judged by the times that come with points: it is raised when the next point comes;
/// while it lasts, at twice the silence, by the figures of the machine that go on, or by the <c>stalled</c> events of the server. A silence that an evaluation
/// or a restart explains is none.
/// </summary>
internal sealed class StalledRun(StalledRunOptions options) : Detector
{
    public const string Id = "stalled-run";
    private const int Bins = 48;

    // Gaps by the logarithm of their milliseconds, two to an octave: enough for a 99th percentile that is compared with ten times itself.
    private long[] _gaps = new long[Bins];
    private long _total;
    private long _longest;
    private long _lastTime;
    private long _lastStep;
    private long _generation;
    private long _since;
    private bool _open;

    public override bool SeesPoisoned => true;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!ReferenceEquals(series, run.Loss))
        {
            // The machine's own figures keep coming while training stands still.
            if (run.Loss is { } loss && _lastTime > 0) Wait(run, loss, point.Step, point.Time - _lastTime);
            return;
        }
        var (before, step) = (_lastTime, _lastStep);
        (_lastTime, _lastStep) = (Math.Max(_lastTime, point.Time), point.Step);
        if (_open && ++_since >= options.ClearAfterPoints)
        {
            _open = false;
            run.Signals.Clear(Id, series.Name);
        }
        var restarted = _generation != run.Generation;
        _generation = run.Generation;
        if (before == 0 || restarted || point.Time <= before) return;
        var gap = point.Time - before;
        if (Exceeds(run, gap, before))
        {
            // Said already while it lasted: a stall is told once.
            if (!_open || _since > 1) Raise(run, series.Name, step, point.Step, gap / 1000.0, Limit() / 1000);
            return;
        }
        _longest = Math.Max(_longest, gap);
        _gaps[Math.Min(Bins - 1, Bin(gap))]++;
        _total++;
    }

    public override void Notice(RunContext run, Happening happening)
    {
        if (happening.Number("seconds") is > 0 and < 1e9 and var seconds && run.Loss is { } loss) Wait(run, loss, happening.Step, (long)(1000 * seconds));
    }

    /// <summary>While it is silent: half of what is too long afterwards is still borne, an evaluation may be under way that nothing was heard of yet.</summary>
    private void Wait(RunContext run, SeriesState loss, long step, long gap)
    {
        if (_open || run.HasEnded || !Exceeds(run, gap / 2, _lastTime)) return;
        Raise(run, loss.Name, _lastStep, Math.Max(step, _lastStep), gap / 1000.0, 2 * Limit() / 1000);
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _gaps, Bins);
        s.Sync(ref _total);
        s.Sync(ref _longest);
        s.Sync(ref _lastTime);
        s.Sync(ref _lastStep);
        s.Sync(ref _generation);
        s.Sync(ref _since);
        s.Sync(ref _open);
    }

    private void Raise(RunContext run, string series, long from, long to, double seconds, double limit)
    {
        (_open, _since) = (true, 0);
        var length = seconds >= 7200 ? $"{Numbers.Text(Math.Round(seconds / 3600, 1))} hours" : $"{Numbers.Text(Math.Round(seconds / 60, 1))} minutes";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.High,
            Series = series,
            Step = to,
            OnsetStep = from,
            Title = $"Training stood still for {length} after step {from}",
            Summary = $"No point of {series} came for {length} after step {from}; 99 of 100 gaps are shorter than {Numbers.Text(Math.Max(Limit() / 1000 / options.Gaps, 0.001))} s. A worker that hangs, a full disk, a lost mount or a preempted machine does this.",
            Evidence = [new Evidence(series, from, to, "seconds of silence", Numbers.Round6(seconds), Numbers.Round6(limit))],
        });
    }

    /// <summary>Whether a silence of the loss since its last point is far longer than any before, and nothing explains it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="gap">Milliseconds.</param>
    /// <param name="since">Time of that point.</param>
    private bool Exceeds(RunContext run, long gap, long since) =>
        gap >= 1000 * options.Seconds && gap > 3 * _longest && _total >= options.Points && gap > Limit() && !Evaluated(run, since);

    /// <summary>Milliseconds of silence that are too many.</summary>
    private double Limit()
    {
        var (sum, bin) = (0L, 0);
        while (bin < Bins - 1 && (sum += _gaps[bin]) < 0.99 * _total) bin++;
        return Math.Max(options.Gaps * Math.Pow(2, (bin + 1) / 2.0), 1000 * options.Seconds);
    }

    private static int Bin(long gap)
    {
        var octave = BitOperations.Log2((ulong)gap);
        return 2 * octave + (gap >= 1.4142 * (1L << octave) ? 1 : 0);
    }

    /// <summary>Something of an evaluation came within the silence.</summary>
    private static bool Evaluated(RunContext run, long since)
    {
        foreach (var kind in (ReadOnlySpan<RoleKind>)[RoleKind.ValLoss, RoleKind.ValAccuracy, RoleKind.TrainAccuracy, RoleKind.TaskLoss, RoleKind.TaskAccuracy, RoleKind.ClassAccuracy, RoleKind.Metric])
        {
            foreach (var series in run.All(kind))
            {
                if (series.LastTime > since) return true;
            }
        }
        return false;
    }
}
