using System.Globalization;

namespace Tracker.Client.Grpc;

/// <summary>What the statuses of <c>docs/clients/grpc.md</c> ask a client to do.</summary>
internal static class GrpcStatuses
{
    private const int Cancelled = 1, Unknown = 2, DeadlineExceeded = 4, NotFound = 5, AlreadyExists = 6, PermissionDenied = 7, ResourceExhausted = 8;
    private const int FailedPrecondition = 9, Aborted = 10, Internal = 13, Unavailable = 14, Unauthenticated = 16;

    public static Answer Answer(int status, HttpResponseMessage response)
    {
        var message = Uri.UnescapeDataString(Header(response, "grpc-message") ?? "");
        var details = Header(response, "grpc-status-details-bin") ?? "";
        var wait = Wait(response);
        return new Answer(OutcomeOf(status, message, details, wait), $"gRPC {status}: {message}")
        {
            RetryAfter = wait,
            MayHaveArrived = status is Cancelled or Unknown or DeadlineExceeded or Aborted or Internal or Unavailable,
            AcceptedThrough = long.TryParse(Header(response, "tracker-accepted-through"), CultureInfo.InvariantCulture, out var through) ? through : null,
        };
    }

    /// <summary>From the trailers, or from the headers of an answer without a body.</summary>
    public static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static Outcome OutcomeOf(int status, string message, string details, TimeSpan? wait) => status switch
    {
        // The same message for both; the reason in the details tells them apart.
        NotFound => Says(details, "RUN_DELETED") || message.Contains("deleted", StringComparison.OrdinalIgnoreCase) ? Outcome.Gone : Outcome.Unknown,
        AlreadyExists or FailedPrecondition => Outcome.Conflict,
        // Without a delay the message itself is too large.
        ResourceExhausted => wait is null ? Outcome.Refused : Outcome.Later,
        Cancelled or Unknown or DeadlineExceeded or Aborted or Internal or Unavailable or PermissionDenied or Unauthenticated => Outcome.Later,
        _ => Outcome.Refused,
    };

    private static bool Says(string details, string word)
    {
        try
        {
            var padded = details + new string('=', (4 - (details.Length % 4)) % 4);
            return Convert.FromBase64String(padded).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(word)) >= 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static TimeSpan? Wait(HttpResponseMessage response) =>
        int.TryParse(Header(response, "grpc-retry-pushback-ms"), CultureInfo.InvariantCulture, out var milliseconds) && milliseconds >= 0 ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
