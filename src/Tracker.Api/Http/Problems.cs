using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Core.Series;

namespace Tracker.Api.Http;

/// <summary>The closed set of answers to what cannot be done: RFC 9457 problem details that name the field and the limit.</summary>
public static class Problems
{
    public static ProblemHttpResult UnknownRun(string id) =>
        Of(StatusCodes.Status404NotFound, "Unknown run", $"There is no run \"{Shorten(id)}\".", "id");

    public static ProblemHttpResult UnknownDiagnosis(string id) =>
        Of(StatusCodes.Status404NotFound, "Unknown diagnosis", $"There is no diagnosis \"{Shorten(id)}\".", "id");

    public static ProblemHttpResult UnknownMute(long id) =>
        Of(StatusCodes.Status404NotFound, "Unknown mute", $"There is no mute {id}.", "id");

    public static ProblemHttpResult UnknownProject(string name) =>
        Of(StatusCodes.Status404NotFound, "Unknown project", $"There is no project \"{Shorten(name)}\".", "name");

    public static ProblemHttpResult UnknownView(string id) =>
        Of(StatusCodes.Status404NotFound, "Unknown view", $"There is no view \"{Shorten(id)}\".", "id");

    /// <summary>No thing of this kind has this id.</summary>
    public static ProblemHttpResult Unknown(string kind, string id) =>
        Of(StatusCodes.Status404NotFound, $"Unknown {kind}", $"There is no {kind} \"{Shorten(id)}\".", "id");

    /// <summary>What is asked does not fit what is there.</summary>
    public static ProblemHttpResult Conflict(string field, string detail) => Of(StatusCodes.Status409Conflict, "Not possible", detail, field);

    public static ProblemHttpResult DeletedRun(string id) =>
        Of(StatusCodes.Status410Gone, "Run deleted", $"The run \"{Shorten(id)}\" was deleted; drop what is left of it.", "id");

    public static ProblemHttpResult RunExists(string id, string why) =>
        Of(StatusCodes.Status409Conflict, "Run exists", $"The run \"{Shorten(id)}\" {why}", "id");

    public static ProblemHttpResult BatchGap(long batch, long acceptedThrough) =>
        Of(StatusCodes.Status409Conflict, "Batch out of order",
            $"Batch {batch} came, but {acceptedThrough + 1} is the next one of this writer. Send the missing batches first.", "batch", null,
            new() { ["acceptedThrough"] = acceptedThrough });

    public static ProblemHttpResult OtherFirstBatch(long acceptedThrough) =>
        Of(StatusCodes.Status409Conflict, "Writer taken",
            "Another batch 1 of this writer is stored. A writer is one life of one process: take a new id.", "writer", null,
            new() { ["acceptedThrough"] = acceptedThrough });

    public static ProblemHttpResult BodyTooLarge(string field = "body") =>
        Of(StatusCodes.Status413PayloadTooLarge, "Body too large", "The body is over the limit; the limit counts bytes after decompression.", field,
            $"{SeriesLimits.MaxBodyBytes} bytes");

    public static ProblemHttpResult Malformed(string field, string detail) =>
        Of(StatusCodes.Status400BadRequest, "Malformed request", detail, field);

    public static ProblemHttpResult Invalid(string field, string detail, string? limit = null) =>
        Of(StatusCodes.Status422UnprocessableEntity, "Invalid value", detail, field, limit);

    /// <summary>A text that cannot be read: at which of its characters, from 0, and what could stand there.</summary>
    public static ProblemHttpResult Syntax(string field, int position, string expected, string found) =>
        Of(StatusCodes.Status422UnprocessableEntity, "Not understood", $"{field}, character {position}: expected {expected}; found {found}.", field, null,
            new() { ["position"] = position, ["expected"] = expected });

    public static ProblemHttpResult Body(int status, string field, string detail, string? limit) =>
        Of(status, status == StatusCodes.Status400BadRequest ? "Malformed request" : "Invalid value", detail, field, limit);

    public static ProblemHttpResult Busy() =>
        Of(StatusCodes.Status429TooManyRequests, "Busy", "Too much waits for the database. Send the same batch again after the time in Retry-After.", null);

    public static ProblemHttpResult QuotaReached(long bytes) =>
        Of(StatusCodes.Status507InsufficientStorage, "Quota reached",
            "The project takes as much as its quota allows. Delete runs permanently or raise the quota, and send the same batch again: it counts once.", "project", $"{bytes} bytes");

    public static ProblemHttpResult Unavailable() =>
        Of(StatusCodes.Status503ServiceUnavailable, "Database away", "The database did not answer in time. Send the same batch again with its number: it counts once.", null);

    public static ProblemHttpResult Stopping() =>
        Of(StatusCodes.Status503ServiceUnavailable, "Stopping", "The server stops. What it had is acknowledged; send the rest when it is back.", null);

    public static ProblemHttpResult Refused() =>
        Of(StatusCodes.Status500InternalServerError, "Not stored", "The database refused this batch. The server's log says why.", null);

    public static ProblemHttpResult UnknownKey(string id) => Of(StatusCodes.Status404NotFound, "Unknown key", $"There is no key \"{Shorten(id)}\" that you could revoke.", "key");

    public static ProblemHttpResult UnknownPerson(string id) => Of(StatusCodes.Status404NotFound, "Unknown person", $"There is nobody \"{Shorten(id)}\" with an account.", "person");

    public static ProblemHttpResult UnknownInvitation() => Of(StatusCodes.Status404NotFound, "Unknown invitation", "This link was used, withdrawn, or has expired. Ask for a new one.", null);

    public static ProblemHttpResult UnknownShare() => Of(StatusCodes.Status404NotFound, "Unknown link", "There is no such public link.", "share");

    public static ProblemHttpResult WrongPassword() => Of(StatusCodes.Status401Unauthorized, "Not signed in", "Address or password is wrong.", null);

    public static ProblemHttpResult Unauthorized(string detail) => Of(StatusCodes.Status401Unauthorized, "Not signed in", detail, null);

    public static ProblemHttpResult Forbidden() =>
        Of(StatusCodes.Status403Forbidden, "Not allowed", "Your key or role does not allow this. Ask an admin of the project for more.", null);

    /// <summary>What is wrong with a text of at most so many characters; null for nothing, and for no text.</summary>
    public static ProblemHttpResult? OfText(string field, string? text, int limit)
    {
        if (text is null) return null;
        if (text.Length > limit) return Invalid(field, $"{field} has {text.Length} characters.", $"{limit} characters");
        return text.Contains('\0', StringComparison.Ordinal) ? Invalid(field, $"{field} holds the character U+0000.", "no U+0000") : null;
    }

    public static ProblemHttpResult CrossOrigin() =>
        Of(StatusCodes.Status403Forbidden, "Other origin", "A page of another site cannot use who you are signed in as. Programs send a key: Authorization: Bearer trk_….", null);

    public static ProblemHttpResult TooManyCalls(int seconds) =>
        Of(StatusCodes.Status429TooManyRequests, "Too many calls", $"Call again in {seconds} s.", null);

    private static ProblemHttpResult Of(int status, string title, string detail, string? field, string? limit = null, Dictionary<string, object?>? more = null)
    {
        var extensions = more ?? [];
        if (field is not null) extensions["field"] = field;
        if (limit is not null) extensions["limit"] = limit;
        return TypedResults.Problem(detail, statusCode: status, title: title, extensions: extensions);
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
