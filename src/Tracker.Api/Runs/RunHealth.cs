namespace Tracker.Api.Runs;

/// <summary>How a run stands, from its open diagnoses without those that people muted or called wrong.</summary>
/// <param name="Status" example="critical"><c>critical</c> (one at high or crit), <c>warning</c> (one at warn), <c>healthy</c> (nothing, and the loss converges), <c>unknown</c> (nothing yet).</param>
/// <param name="Reason" example="The loss is diverging since step 96">Title of the worst diagnosis, or why nothing can be said.</param>
public sealed record RunHealth(string Status, string Reason)
{
    /// <summary>Most open diagnoses that a run shows; the others are counted.</summary>
    public const int Shown = 3;

    /// <param name="open">Worst first.</param>
    internal static RunHealth Of(IReadOnlyList<OpenDiagnosisDto> open)
    {
        if (open.Count > 0 && open[0].Severity is "high" or "crit") return new("critical", open[0].Title);
        if (open.Count > 0 && open[0].Severity == "warn") return new("warning", open[0].Title);
        return open.FirstOrDefault(diagnosis => diagnosis.Cause == "healthy") is { } healthy
            ? new("healthy", healthy.Title)
            : new("unknown", "Nothing is wrong so far, and too little was logged to call the run healthy.");
    }
}
