using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Tracker.Api.Http;

/// <summary>The one exception handler: what a client did wrong is a 4xx that names the field and is no error of ours; the rest is logged.</summary>
public sealed partial class ErrorAnswers(ILogger<ErrorAnswers> log) : IExceptionHandler
{
    /// <summary>What PostgreSQL says to a text or a number that it cannot hold.</summary>
    private static readonly string[] Unstorable =
    [
        PostgresErrorCodes.CharacterNotInRepertoire, PostgresErrorCodes.InvalidTextRepresentation,
        PostgresErrorCodes.UntranslatableCharacter, PostgresErrorCodes.NumericValueOutOfRange,
    ];

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var answer = Answer(exception);
        if (answer is null)
        {
            LogFailure(exception, httpContext.Request.Method, httpContext.Request.Path.Value ?? "");
            answer = TypedResults.Problem("The server failed. Its log says why.", statusCode: StatusCodes.Status500InternalServerError, title: "Server error");
        }

        await answer.ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>The answer to an exception that is no fault of ours, or null.</summary>
    internal static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult? Answer(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problems.BodyTooLarge(),
        BadHttpRequestException { InnerException: JsonException json } => Problems.Malformed(Field(json), "The body is not the JSON that this call takes: " + Plain(json.Message)),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } bad =>
            TypedResults.Problem(bad.Message, statusCode: bad.StatusCode, title: "Unsupported media type", extensions: new Dictionary<string, object?> { ["field"] = "Content-Type" }),
        BadHttpRequestException bad => Problems.Malformed(FieldOf(bad.Message), bad.Message),
        JsonException json => Problems.Malformed(Field(json), "The body is not the JSON that this call takes: " + Plain(json.Message)),
        InvalidDataException data => Problems.Malformed("body", "The body cannot be decompressed: " + data.Message),
        NpgsqlException { IsTransient: true } => Problems.Unavailable(),
        PostgresException bad when Unstorable.Contains(bad.SqlState) =>
            Problems.Invalid("body", "The database cannot hold a text or a number of this request: " + bad.MessageText),
        // What is no answer of PostgreSQL is a connection that could not be made or was cut.
        NpgsqlException and not PostgresException => Problems.Unavailable(),
        // EF Core wraps what the database said.
        { InnerException: NpgsqlException inner } => Answer(inner),
        _ => null,
    };

    private static string Field(JsonException json) => json.Path is { Length: > 2 } path ? path[2..] : "body";

    /// <summary>"Failed to bind parameter "int limit" from "x"." names its parameter in quotes.</summary>
    private static string FieldOf(string message)
    {
        var start = message.IndexOf('"', StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf('"', start + 1);
        return end < 0 ? "body" : message[(start + 1)..end].Split(' ')[^1];
    }

    private static string Plain(string message)
    {
        var path = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return path < 0 ? message : message[..path];
    }

    [LoggerMessage(1001, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailure(Exception exception, string method, string path);
}
