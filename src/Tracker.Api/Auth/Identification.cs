using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Tracker.Api.Auth;

/// <summary>Finds out who calls: a key first, then the browser's session, then the proxy's word, then shares.</summary>
public sealed class Identification(AccessBook book, Sessions sessions, ProxySignOn proxy, KeyUses uses, IOptions<AccessOptions> options)
{
    internal const string KeyHeader = "X-Api-Key";
    private const string NoKey = "Say who you are: a key in the header Authorization (Bearer, or as the password of Basic) or X-Api-Key, or sign in.";

    /// <summary>What only a proxy sends.</summary>
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    /// <summary>Who calls; on the ingest path this is one hash and one look into a dictionary.</summary>
    public async ValueTask<Caller> OfAsync(HttpContext http, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (options.Value.Open) return Caller.Local(book, open: true);
        if (book.Now.IsBlank) return LocalGuard(http.Request) is { } refusal ? Caller.Failed(refusal) : Caller.Local(book, open: false);

        var (secret, given) = Key(http.Request);
        if (given) return OfKey(http, secret);

        var shares = Shares.OfRequest(http.Request, book);
        if (http.Request.Cookies[Sessions.Cookie] is { } cookie && Secrets.HasShape(cookie, Secrets.SessionPrefix))
        {
            var hash = SecretHash.Of(cookie);
            switch (await sessions.FindAsync(hash, cancel))
            {
                case { User: { } user }: return Living(Caller.OfUser(book, user, hash, shares), "This account was closed.");
                case { Key: { } key }: return Living(Caller.OfKeySession(book, key, hash, shares), "The key of this session is no longer good.");
            }
        }

        if (await proxy.UserAsync(http, cancel) is { } person) return Living(Caller.OfUser(book, person, null, shares), "This account was closed.");
        return shares.Count > 0 ? Caller.OfShares(book, shares) : Caller.Failed(NoKey);
    }

    /// <summary>A key that is still good, for signing in with it.</summary>
    public KeyEntry? Find(string secret) =>
        Secrets.HasShape(secret, Secrets.KeyPrefix) && book.Now.Keys.TryGetValue(SecretHash.Of(secret), out var key) && Caller.OfKey(book, key).IsAlive ? key : null;

    /// <summary>
    /// Why somebody does not count as being on this machine, or null. Without keys the server listens on loopback only, and asks nobody; a proxy on this machine or a page whose name was made to
    /// point here (DNS rebinding) would open it to others.
    /// </summary>
    private static string? LocalGuard(HttpRequest request)
    {
        foreach (var header in ProxyHeaders)
        {
            if (request.Headers.ContainsKey(header))
                return $"Without keys and accounts Tracker serves this machine only, and this call came through a proxy ({header}). Make a key or an account first (tracker admin keys create), or set Access:Open=true where the proxy asks who people are.";
        }

        var host = request.Host.Host;
        return host.Length == 0 || host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))
            ? null
            : $"Without keys and accounts Tracker serves this machine only, under the name localhost, not {host}. Make a key or an account first (tracker admin keys create), or set Access:Open=true.";
    }

    private static Caller Living(Caller caller, string fault) => caller.IsAlive ? caller : Caller.Failed(fault);

    private Caller OfKey(HttpContext http, ReadOnlySpan<char> secret)
    {
        if (!Secrets.HasShape(secret, Secrets.KeyPrefix)) return Caller.Failed("This is not a key: a key is trk_ and 43 characters.");
        if (!book.Now.Keys.TryGetValue(SecretHash.Of(secret), out var key)) return Caller.Failed("This key is not known.");
        if (key.Fault(book.Time) is { } fault) return Caller.Failed(fault);
        var caller = Caller.OfKey(book, key);
        if (!caller.IsAlive) return Caller.Failed("The account of this key was closed.");
        uses.Note(key.Id, http.Connection.RemoteIpAddress);
        return caller;
    }

    private static (string Secret, bool Given) Key(HttpRequest request)
    {
        var authorization = request.Headers.Authorization;
        if (authorization.Count > 0 && authorization[0] is { Length: > 0 } value)
        {
            if (value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return (value[7..].Trim(), true);
            if (value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return (Password(value[6..]), true);
        }

        if (request.Headers.TryGetValue(KeyHeader, out var header) && !StringValues.IsNullOrEmpty(header)) return (header[0]!, true);
        // Browsers cannot set headers of a websocket; SignalR's clients send the key like this.
        if (request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal) && request.Query.TryGetValue("access_token", out var token) && !StringValues.IsNullOrEmpty(token)) return (token[0]!, true);
        return ("", false);
    }

    private static string Password(string basic)
    {
        Span<byte> bytes = stackalloc byte[512];
        if (!Convert.TryFromBase64String(basic.Trim(), bytes, out var length)) return "";
        var text = Encoding.UTF8.GetString(bytes[..length]);
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}
