using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Grpc.Protocol;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>The problems of REST as statuses of gRPC: one closed set for both.</summary>
internal static class ProblemStatus
{
    private const string Domain = "tracker";

    public static GrpcException Exception(ProblemHttpResult problem) => new(Of(problem.ProblemDetails));

    public static GrpcException Invalid(string field, string detail, string? limit = null) => Exception(Problems.Invalid(field, detail, limit));

    /// <summary>The status of an exception that is no fault of ours, or null.</summary>
    public static GrpcStatus? Of(Exception error) => ErrorAnswers.Answer(error) is { } problem ? Of(problem.ProblemDetails) : null;

    public static GrpcStatus Of(ProblemDetails problem)
    {
        var field = ProtoName(problem.Extensions.TryGetValue("field", out var named) ? named as string : null);
        var limit = problem.Extensions.TryGetValue("limit", out var bound) ? $" Limit: {bound}." : "";
        var acceptedThrough = problem.Extensions.TryGetValue("acceptedThrough", out var number) ? $"{number}" : null;
        var code = CodeOf(problem);
        var isField = code == GrpcCode.InvalidArgument && field is not null;
        var text = (isField ? $"{field}: " : "") + problem.Detail + limit;

        var info = new ErrorInfo { Reason = ReasonOf(problem.Title ?? ""), Domain = Domain };
        if (acceptedThrough is not null) info.Metadata["accepted_through"] = acceptedThrough;
        var details = new Google.Rpc.Status { Code = (int)code, Message = text, Details = { Any.Pack(info) } };
        if (isField) details.Details.Add(Any.Pack(new Google.Rpc.BadRequest { FieldViolations = { new Google.Rpc.BadRequest.Types.FieldViolation { Field = field, Description = problem.Detail + limit } } }));
        var trailers = new List<(string, string)>();
        if (acceptedThrough is not null) trailers.Add(("tracker-accepted-through", acceptedThrough));
        if (RetryAfter(problem.Status) is { } seconds)
        {
            details.Details.Add(Any.Pack(new RetryInfo { RetryDelay = new Duration { Seconds = seconds } }));
            trailers.Add(("grpc-retry-pushback-ms", $"{seconds * 1_000}"));
        }

        return new GrpcStatus(code, text, details.ToByteArray()) { Trailers = trailers };
    }

    private static GrpcCode CodeOf(ProblemDetails problem) => problem.Status switch
    {
        StatusCodes.Status401Unauthorized => GrpcCode.Unauthenticated,
        StatusCodes.Status403Forbidden => GrpcCode.PermissionDenied,
        StatusCodes.Status404NotFound or StatusCodes.Status410Gone => GrpcCode.NotFound,
        // A batch out of order: the missing ones have to be sent first. The other conflicts stay whatever is sent.
        StatusCodes.Status409Conflict => problem.Extensions.TryGetValue("field", out var field) && field is "batch" ? GrpcCode.FailedPrecondition : GrpcCode.AlreadyExists,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => GrpcCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => GrpcCode.Unavailable,
        >= 400 and < 500 => GrpcCode.InvalidArgument,
        _ => GrpcCode.Internal,
    };

    private static int? RetryAfter(int? status) => status switch
    {
        StatusCodes.Status429TooManyRequests => 1,
        StatusCodes.Status503ServiceUnavailable => 2,
        _ => null,
    };

    /// <summary>"Batch out of order" is BATCH_OUT_OF_ORDER.</summary>
    private static string ReasonOf(string title) => title.ToUpperInvariant().Replace(' ', '_');

    /// <summary>A field of the JSON by its name in the messages.</summary>
    private static string? ProtoName(string? field)
    {
        if (field is null or "body") return null;
        if (field == "config" || field.StartsWith("config.", StringComparison.Ordinal)) return "config_json" + field["config".Length..];
        var name = new StringBuilder(field.Length + 4);
        foreach (var c in field)
        {
            if (char.IsAsciiLetterUpper(c)) name.Append('_').Append(char.ToLowerInvariant(c));
            else name.Append(c);
        }

        return name.ToString();
    }
}
