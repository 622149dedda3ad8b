namespace Tracker.Client.Grpc;

/// <summary>Starts runs that send their batches by gRPC: smaller on the wire and cheaper for the server than JSON.</summary>
public static class TrackerGrpc
{
    /// <summary>
    /// As <see cref="TrackerRun.StartAsync(TrackerRunOptions, CancellationToken)"/>, by gRPC. Heartbeats and changes of the run still go to
    /// <see cref="TrackerRunOptions.Url"/>, by HTTP.
    /// </summary>
    /// <param name="options">What the run is; null takes everything from the environment.</param>
    /// <param name="grpcUrl">
    /// Where gRPC listens. Default: <c>TRACKER_GRPC_URL</c>; else, for an <c>http</c> server, the port after that of HTTP; for <c>https</c> the same port.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the server's first answer (5 s at most), not the run.</param>
    /// <exception cref="ArgumentException">An option, or a variable of the environment, is not valid.</exception>
    public static Task<TrackerRun> StartAsync(TrackerRunOptions? options = null, Uri? grpcUrl = null, CancellationToken cancellationToken = default) =>
        TrackerRun.StartAsync(options, settings => new GrpcTransport(grpcUrl ?? Default(settings.Url), settings.Url, settings.ApiKey, settings.Clock), cancellationToken);

    private static Uri Default(Uri url)
    {
        if (Environment.GetEnvironmentVariable("TRACKER_GRPC_URL") is { Length: > 0 } given)
            return Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : throw new ArgumentException($"TRACKER_GRPC_URL '{given}' is not an http or https address.", nameof(url));
        return url.Scheme == "https" ? url : new UriBuilder(url) { Port = url.Port + 1, Path = "" }.Uri;
    }
}
