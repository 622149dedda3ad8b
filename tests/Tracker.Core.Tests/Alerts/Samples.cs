using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Core.Tests.Alerts;

internal static class Samples
{
    public static readonly RunDiagnosis Clipping = new()
    {
        Id = "clip-1",
        State = DiagnosisState.Open,
        Severity = Severity.High,
        Title = "Gradients are clipped in 97 % of the steps",
        Symptom = "The norm before clipping was above 0.05 in 97 of the last 100 steps.",
        Cause = "threshold-too-low",
        Causes = [new RankedCause("threshold-too-low", "strong", "clip threshold too low", ["Median norm 0.8 is 16 times the threshold."], [])],
        Prescriptions = ["Raise max_grad_norm from 0.05 to 1."],
        Check = "Fewer than half of the steps are clipped.",
        Step = 1300,
        OnsetStep = 1200,
        Signals =
        [
            new Signal
            {
                Id = "clip-over-80", Severity = Severity.High, Series = "grad_norm/total", Step = 1300, OnsetStep = 1200, Summary = "97 %",
                Evidence = [new Evidence("grad_norm/total", 1200, 1300, "share of steps clipped", double.NaN, 0.8)],
            },
        ],
    };

    public static Alert Alert(RunDiagnosis diagnosis, string type = "diagnosis.raised", string runName = "seven") => new(
        new Guid("0198e7b2-3c1d-8a4e-9f60-1b2c3d4e5f60"), type, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        AlertMessage.About(diagnosis, new AlertedRun("run-7", runName, "digits")) with { Url = new Uri("http://tracker.test/runs/run-7") });
}
