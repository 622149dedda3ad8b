using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Tracker.Client;

internal enum Outcome
{
    /// <summary>2xx: it is stored.</summary>
    Done,

    /// <summary>No answer, or one that says later: the same request may work in a while.</summary>
    Later,

    /// <summary>404: the server does not know the run.</summary>
    Unknown,

    /// <summary>409: the server expects another number.</summary>
    Conflict,

    /// <summary>410: the run was deleted.</summary>
    Gone,

    /// <summary>Any other 4xx: the same request will never work.</summary>
    Refused,
}

/// <summary>What came back, with the few fields that the client reads.</summary>
internal sealed record Answer(Outcome Outcome, string Detail)
{
    /// <summary>The server's wish; null without one.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public long? AcceptedThrough { get; init; }

    public int Rejected { get; init; }

    /// <summary>Null: nobody asked for the run to stop.</summary>
    public string? StopReason { get; init; }

    public string? Url { get; init; }

    /// <summary>Whether the server may have done what was asked, although it did not say so.</summary>
    public bool MayHaveArrived { get; init; }

    /// <summary>No answer.</summary>
    /// <param name="error">What came instead.</param>
    public static Answer Unreachable(Exception error)
    {
        var neverSent = error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
        return new Answer(Outcome.Later, error.InnerException?.Message ?? error.Message) { MayHaveArrived = !neverSent };
    }

    public static Answer Unclear(string detail) => new(Outcome.Later, detail) { MayHaveArrived = true };

    public static async Task<Answer> ReadAsync(HttpResponseMessage response, TimeProvider clock, CancellationToken cancellationToken)
    {
        var outcome = OutcomeOf(response.StatusCode);
        var answer = new Answer(outcome, $"{(int)response.StatusCode} {response.ReasonPhrase}")
        {
            RetryAfter = Wait(response.Headers.RetryAfter, clock),
            MayHaveArrived = outcome == Outcome.Later && response.StatusCode is HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError,
        };
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object ? answer.With(json.RootElement) : answer.NotOurs();
        }
        catch (JsonException)
        {
            return answer.NotOurs();
        }
    }

    // A success whose body is not ours comes from something that stands between: nothing is stored.
    private Answer NotOurs() => Outcome == Outcome.Done ? this with { Outcome = Outcome.Later, Detail = "the answer is not Tracker's", MayHaveArrived = true } : this;

    private Answer With(JsonElement json)
    {
        var detail = Text(json, "detail") ?? Text(json, "title");
        return this with
        {
            Detail = detail is null ? Detail : $"{Detail}: {detail}",
            AcceptedThrough = json.TryGetProperty("acceptedThrough", out var through) && through.TryGetInt64(out var number) ? number : null,
            Rejected = json.TryGetProperty("rejected", out var rejected) && rejected.ValueKind == JsonValueKind.Array ? rejected.GetArrayLength() : 0,
            StopReason = json.TryGetProperty("stop", out var stop) && stop.ValueKind == JsonValueKind.Object ? Text(stop, "reason") ?? "" : null,
            Url = Text(json, "url"),
        };
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Outcome OutcomeOf(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => Outcome.Done,
        404 => Outcome.Unknown,
        409 => Outcome.Conflict,
        410 => Outcome.Gone,
        // A wrong key, and too few rights: both can be mended without another request.
        401 or 403 or 408 or 425 or 429 => Outcome.Later,
        >= 400 and < 500 => Outcome.Refused,
        _ => Outcome.Later,
    };

    private static TimeSpan? Wait(RetryConditionHeaderValue? header, TimeProvider clock) =>
        header?.Delta ?? (header?.Date is { } date ? date - clock.GetUtcNow() : null);
}
