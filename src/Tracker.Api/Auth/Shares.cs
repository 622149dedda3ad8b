namespace Tracker.Api.Auth;

/// <summary>Public links that a browser has opened: one cookie holds the secrets of the latest of them.</summary>
public static class Shares
{
    public const string Cookie = "tracker_shares";
    private const int MostKept = 8;
    private const char Between = '.';

    internal static IReadOnlyList<SecretHash> OfRequest(HttpRequest request, AccessBook book)
    {
        if (request.Cookies[Cookie] is not { Length: > 0 } cookie) return [];
        var hashes = new List<SecretHash>();
        foreach (var secret in cookie.Split(Between).Take(MostKept))
        {
            if (!Secrets.HasShape(secret, Secrets.SharePrefix)) continue;
            var hash = SecretHash.Of(secret);
            if (book.Now.Shares.TryGetValue(hash, out var share) && share.IsGood(book.Time)) hashes.Add(hash);
        }

        return hashes;
    }

    /// <summary>Adds a secret to those of the browser; the oldest goes when there are too many.</summary>
    public static void Add(HttpContext http, string secret)
    {
        ArgumentNullException.ThrowIfNull(http);
        var kept = (http.Request.Cookies[Cookie] ?? "").Split(Between, StringSplitOptions.RemoveEmptyEntries).Where(other => other != secret).Prepend(secret).Take(MostKept);
        http.Response.Cookies.Append(Cookie, string.Join(Between, kept), Sessions.CookieOf(http, TimeSpan.FromDays(30)));
    }
}
