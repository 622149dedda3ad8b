using Tracker.Core.Diagnosis;

namespace Tracker.Api.Tests.Alerts;

internal static class Samples
{
    public static DiagnosisEvent Event(DiagnosisEventKind kind = DiagnosisEventKind.Raised, string diagnosis = "clipping-1", long step = 1300, bool notify = true, Severity severity = Severity.High) =>
        new(kind, notify, new RunDiagnosis
        {
            Id = diagnosis,
            State = kind == DiagnosisEventKind.Resolved ? DiagnosisState.Resolved : DiagnosisState.Open,
            Severity = severity,
            Title = "Gradients are clipped in 97 % of the steps",
            Symptom = "The norm before clipping was above 0.05 in 97 of the last 100 steps.",
            Cause = "threshold-too-low",
            Causes = [new RankedCause("threshold-too-low", "strong", "clip threshold too low", [], [])],
            Prescriptions = ["Raise max_grad_norm from 0.05 to 1."],
            Step = step,
            OnsetStep = 1200,
        });
}
