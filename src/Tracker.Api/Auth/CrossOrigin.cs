namespace Tracker.Api.Auth;

/// <summary>
/// Keeps pages of other sites from using what a browser sends by itself (cookies, the proxy's sign-on, being on this machine). Browsers say where a call comes from, and no page can change
/// that: <c>Sec-Fetch-Site</c> and <c>Origin</c>. A call that changes something, or opens a websocket, must come from a page of this server (docs/decisions/0056).
/// </summary>
public static class CrossOrigin
{
    /// <summary>Whether the call may use ambient authority.</summary>
    /// <param name="request">The call.</param>
    /// <param name="needsProof">True: what sends neither header is refused, too; false where programs call without a key, on loopback.</param>
    public static bool IsAllowed(HttpRequest request, bool needsProof)
    {
        ArgumentNullException.ThrowIfNull(request);
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        var isSocket = request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal);
        if (isSafe && !isSocket) return true;
        var origin = request.Headers.Origin.ToString();
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site is not ("same-origin" or "none")) return false;
        if (site == "same-origin") return true;
        if (origin.Length == 0) return !needsProof || isSafe;
        // Behind TLS that ends elsewhere the scheme may differ; host and port do not.
        return Uri.TryCreate(origin, UriKind.Absolute, out var from) && HostOf(from.Host, from.IsDefaultPort ? null : from.Port) == HostOf(request.Host.Host, Port(request));
    }

    private static int? Port(HttpRequest request) => request.Host.Port is { } port && port is not (80 or 443) ? port : null;

    private static string HostOf(string host, int? port) => port is null ? host.ToUpperInvariant() : $"{host.ToUpperInvariant()}:{port}";
}
