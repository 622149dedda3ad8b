namespace Tracker.Core.Diagnosis.Engine;

/// <summary>What one probe result means for one condition.</summary>
/// <param name="Severity">Null when nothing is wrong: the condition clears.</param>
/// <param name="Title">A few words with the run's own numbers.</param>
/// <param name="Summary">One sentence or two.</param>
/// <param name="Statistic">What was measured.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Threshold">What it was compared with; null where there is nothing to compare.</param>
internal sealed record ProbeVerdict(Severity? Severity, string Title = "", string Summary = "", string Statistic = "", double Value = 0, double? Threshold = null)
{
    public static readonly ProbeVerdict Fine = new((Severity?)null);
}

/// <summary>One condition that a probe decides: <paramref name="Judge"/> gives null when the result lacks the fields that it needs.</summary>
/// <param name="Id">The condition.</param>
/// <param name="Probe">Name of the probe's event; case and separators aside.</param>
/// <param name="Judge">The verdict on one result.</param>
internal sealed record ProbeCheck(string Id, string Probe, Func<RunContext, Happening, ProbeVerdict?> Judge);

/// <summary>
/// Gives the verdict on results of probes that ran in the training process, as <c>docs/probes.md</c> describes them. The last result counts:
/// a good one clears what a bad one raised.
/// </summary>
internal abstract class ProbeDetector : Detector
{
    public static readonly string[] Events = ["probe"];

    public abstract IReadOnlyList<ProbeCheck> Checks { get; }

    public override void Notice(RunContext run, Happening happening)
    {
        if (happening.Kind != "probe") return;
        var name = happening.Name.Replace('_', '-');
        foreach (var check in Checks)
        {
            if (!check.Probe.Equals(name, StringComparison.OrdinalIgnoreCase) || check.Judge(run, happening) is not { } verdict) continue;
            run.Probes.Set(check.Id, verdict.Severity is null or Severity.Info, happening.Step);
            Tell(run, check, happening.Step, verdict);
        }
    }

    /// <summary>The series of a probe's signal: there is no chart of it.</summary>
    public static string SeriesOf(string probe) => "probe/" + probe;

    protected static string List(List<string> names, int most = 5) =>
        string.Join(", ", names.Take(most)) + (names.Count > most ? $" and {names.Count - most} more" : "");

    private static void Tell(RunContext run, ProbeCheck check, long step, ProbeVerdict verdict)
    {
        var series = SeriesOf(check.Probe);
        if (verdict.Severity is not { } severity)
        {
            run.Signals.Clear(check.Id, series);
            return;
        }
        run.Signals.Raise(new Signal
        {
            Id = check.Id,
            Severity = severity,
            Series = series,
            Step = step,
            OnsetStep = step,
            Title = verdict.Title,
            Summary = verdict.Summary,
            Evidence = [new Evidence(series, step, step, verdict.Statistic, Numbers.Round6(verdict.Value), verdict.Threshold)],
        });
    }
}
