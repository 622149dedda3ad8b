using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Rest;
using Tracker.Api.Storage;
using Messages = Tracker.Wire.V1;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>What became of a batch, as the messages say it.</summary>
internal static class IngestAnswers
{
    /// <summary>Why a batch is not stored, or null when it is.</summary>
    public static ProblemHttpResult? Problem(IngestRequest request, AppendResult result) => result.Outcome switch
    {
        AppendOutcome.Stored or AppendOutcome.Seen => null,
        AppendOutcome.Gap => Problems.BatchGap(request.Batch ?? 0, result.AcceptedThrough),
        AppendOutcome.OtherFirstBatch => Problems.OtherFirstBatch(result.AcceptedThrough),
        AppendOutcome.UnknownRun => Problems.UnknownRun(request.RunId),
        AppendOutcome.DeletedRun => Problems.DeletedRun(request.RunId),
        AppendOutcome.Busy => Problems.Busy(),
        AppendOutcome.Unavailable => Problems.Unavailable(),
        _ => Problems.Refused(),
    };

    public static Messages.LogResponse Response(DecodedBatch batch, IngestAnswer answer)
    {
        var response = new Messages.LogResponse { AcceptedThrough = batch.Batch is null ? 0 : (ulong)answer.Append.AcceptedThrough, Accepted = (uint)answer.Accepted };
        // Clients take answers of up to 4 MiB.
        var rejected = batch.Rejected.Concat(answer.Rejected.Select(point => new RejectedStep(point.Series, (long)point.Step, point.Reason)));
        foreach (var point in rejected.Take(LogRequest.MaxRejectedNamed))
        {
            response.Rejected.Add(new Messages.Rejection { Series = point.Series, Step = point.Step, Reason = point.Reason });
        }

        if (answer.Append.StopReason is { } reason) response.Stop = new Messages.Stop { Reason = reason, By = answer.Append.StopBy ?? "" };
        return response;
    }
}
