using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>Batches over REST: decode, call the one <see cref="Ingest"/>, encode the answer.</summary>
public static class LogEndpoint
{
    public static void AddIngest(this WebApplicationBuilder builder)
    {
        builder.AddSection<IngestOptions>(IngestOptions.Section).ValidateDataAnnotations();
        builder.Services.AddSingleton<Ingest>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = SeriesLimits.MaxBodyBytes);
        builder.Services.AddRequestDecompression();
    }

    public static void MapIngest(this IEndpointRouteBuilder app) => app.MapPost("/api/v1/runs/{id}/log", Log).Needs(Rights.Ingest, Of.Run)
        .WithTags("Ingest").WithSummary("Appends a batch: points as columns or rows, histograms, events. Answers after it is durable.")
        .WithMetadata(new DocumentedBody(typeof(LogRequestDto))).Produces<LogAnswerDto>()
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status410Gone).ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status429TooManyRequests).ProducesProblem(StatusCodes.Status507InsufficientStorage).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> Log(string id, HttpContext http, Ingest ingest, IngestRoom room, TimeProvider clock, CancellationToken cancel)
    {
        if (http.Request.Headers.ContentEncoding.Count > 0)
        {
            // What the decompression knows it has taken away by now.
            return TypedResults.Problem($"Content-Encoding \"{http.Request.Headers.ContentEncoding}\" is not known.", statusCode: StatusCodes.Status415UnsupportedMediaType,
                title: "Unsupported media type", extensions: new Dictionary<string, object?> { ["field"] = "Content-Encoding", ["limit"] = "gzip, br, deflate" });
        }

        using var space = room.Open();
        LogBodyResult read;
        byte[]? firstHash;
        using (var body = await RequestBody.ReadAsync(http.Request, space, cancel))
        {
            if (body.TooLarge) return Problems.BodyTooLarge();
            if (body.NoRoom) return Busy(http);
            read = LogBodyReader.Read(body.Bytes, clock.GetUtcNow().ToUnixTimeMilliseconds());
            firstHash = read.Request?.Batch == 1 ? SHA256.HashData(body.Bytes)[..16] : null;
        }

        if (read.Problem is { } problem) return Problems.Body(problem.Status, problem.Field, problem.Detail, problem.Limit);
        var request = read.Request!;
        space.Set(request.Body.WaitingBytes);
        var answer = await ingest.AppendAsync(new IngestRequest(id, request.Writer, request.Batch, firstHash, request.Body), http.Caller(), cancel);
        switch (answer.Append.Outcome)
        {
            case AppendOutcome.Stored or AppendOutcome.Seen:
                var rejected = request.Rejected.Select(point => new RejectedDto(point.Series, double.TryParse(point.Step, CultureInfo.InvariantCulture, out var step) ? step : null, point.Reason))
                    .Concat(answer.Rejected.Select(point => new RejectedDto(point.Series, point.Step, point.Reason)));
                var stop = answer.Append.StopReason is { } reason ? new StopDto(reason, answer.Append.StopBy ?? "") : null;
                return new WholeAnswer(new LogAnswerDto(request.Batch is null ? null : answer.Append.AcceptedThrough, answer.Accepted, [.. rejected], stop));
            case AppendOutcome.Gap:
                return Problems.BatchGap(request.Batch ?? 0, answer.Append.AcceptedThrough);
            case AppendOutcome.OtherFirstBatch:
                return Problems.OtherFirstBatch(answer.Append.AcceptedThrough);
            case AppendOutcome.UnknownRun:
                return Problems.UnknownRun(id);
            case AppendOutcome.DeletedRun:
                return Problems.DeletedRun(id);
            case AppendOutcome.Busy when answer.ReachedQuota is { } quota:
                http.Response.Headers.RetryAfter = "60";
                return Problems.QuotaReached(quota);
            case AppendOutcome.Busy:
                return Busy(http);
            case AppendOutcome.Unavailable:
                http.Response.Headers.RetryAfter = "2";
                return Problems.Unavailable();
            default:
                return Problems.Refused();
        }
    }

    private static ProblemHttpResult Busy(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Problems.Busy();
    }

    /// <summary>The answer with its length before it: one write to the socket, where chunks would take another one for their end.</summary>
    private sealed class WholeAnswer(LogAnswerDto answer) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var options = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            var json = JsonSerializer.SerializeToUtf8Bytes(answer, options);
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            httpContext.Response.ContentLength = json.Length;
            return httpContext.Response.Body.WriteAsync(json, httpContext.RequestAborted).AsTask();
        }
    }
}
