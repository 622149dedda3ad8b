using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>known-recipe</c>.</summary>
public sealed record KnownRecipeOptions
{
    /// <summary>Evaluations, or buckets of a series logged every step, in a row outside the band. Default 3.</summary>
    public int Outside { get; init; } = 3;
}

/// <summary>
/// The run departs from the band of its reference run. The band comes as a <c>reference</c> event of the server, so that the verdict is
/// the same on replay whatever became of the reference.
/// </summary>
internal sealed class KnownRecipe(KnownRecipeOptions options) : Detector
{
    public const string Id = "known-recipe";
    private const int MostBands = 8;
    private const int MostPoints = 512;

    private readonly List<Band> _bands = [];

    public override void Notice(RunContext run, Happening happening)
    {
        if (happening.Flag("replaces") == true) Forget(run);
        if (happening.Text("series") is not { Length: > 0 } series) return;
        var (steps, low, high) = (happening.Numbers("steps"), happening.Numbers("low"), happening.Numbers("high"));
        var count = Math.Min(steps.Length, Math.Min(low.Length, high.Length));
        if (count < 2 || count > MostPoints) return;
        _bands.RemoveAll(b => b.Series == series);
        if (_bands.Count < MostBands) _bands.Add(new Band(series, happening.Text("role") ?? "", happening.Text("run") ?? "the reference", steps[..count], low[..count], high[..count]));
    }

    /// <summary>Another reference, or none any more: what was said against the old one is withdrawn.</summary>
    private void Forget(RunContext run)
    {
        _bands.Clear();
        foreach (var signal in run.Signals.Signals.Where(s => s.Active && s.Id == Id).ToList()) run.Signals.Clear(Id, signal.Series);
    }

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (_bands.Count == 0 || series.Trend is not { BucketClosed: true } trend || Of(run, series) is not { } band) return;
        // The middle of the bucket is what its median is of.
        var level = trend.Fine.Value(0);
        var step = point.Step - (trend.FineWidth - 1) / 2.0 * series.Stride;
        if (band.At(step) is not var (low, high)) return;
        var outside = level < low || level > high;
        switch (band.Alarm.Update(outside, !outside, point.Step, options.Outside, options.Outside))
        {
            case AlarmChange.Raised:
                var above = level > high;
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = band.Alarm.Onset,
                    Title = $"{series.Name} is {(above ? "above" : "below")} its reference",
                    Summary = $"{series.Name} is {Numbers.Text(level)} at step {point.Step}; in {band.Run} it was between {Numbers.Text(low)} and {Numbers.Text(high)}, which is {(above == series.Role!.HigherIsBetter ? "worse than this run" : "better than this run")}.",
                    Evidence = [new Evidence(series.Name, band.Alarm.Onset, point.Step, $"level {(above ? "above" : "below")} the band", Numbers.Round6(level), Numbers.Round6(above ? high : low))],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => s.Sync(_bands, Band.Sync);

    /// <summary>The band of a series: of the same name, or of the same role where the reference called it otherwise.</summary>
    private Band? Of(RunContext run, SeriesState series) =>
        _bands.Find(b => b.Series == series.Name)
        ?? (ReferenceEquals(run.First(series.Role!.Kind), series) ? _bands.Find(b => b.Role == series.Role.Name) : null);

    private sealed class Band(string series, string role, string run, double[] steps, double[] low, double[] high)
    {
        public string Series => series;

        /// <summary>The canonical name of what the series is; empty where the event does not say.</summary>
        public string Role => role;

        public string Run => run;

        public Alarm Alarm;

        /// <summary>The band at a step, on straight lines between its points; null before and after it.</summary>
        public (double Low, double High)? At(double step)
        {
            var after = Array.FindIndex(steps, s => s >= step);
            if (after < 0 || (after == 0 && step < steps[0])) return null;
            if (after == 0) return (low[0], high[0]);
            var share = (step - steps[after - 1]) / (steps[after] - steps[after - 1]);
            return (low[after - 1] + share * (low[after] - low[after - 1]), high[after - 1] + share * (high[after] - high[after - 1]));
        }

        public static Band Sync(StateStream s, Band? band)
        {
            var (name, what, of) = (s.SyncText(band?.Series ?? ""), s.SyncText(band?.Role ?? ""), s.SyncText(band?.Run ?? ""));
            var steps = Column(s, band?.Steps);
            var low = Column(s, band?.Low);
            var high = Column(s, band?.High);
            var result = band ?? new Band(name, what, of, steps, low, high);
            result.Alarm.Sync(s);
            return result;
        }

        private double[] Steps => steps;

        private double[] Low => low;

        private double[] High => high;

        private static double[] Column(StateStream s, double[]? values)
        {
            var column = values ?? [];
            var count = column.Length;
            s.Sync(ref count);
            s.Sync(ref column, count);
            return column;
        }
    }
}
