using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>
/// gRPC beside REST. With Grpc.AspNetCore the folder Protocol would go, and this file would say <c>AddGrpc</c> and <c>MapGrpcService</c>;
/// decoding, streams and statuses would stay (docs/decisions/0006-grpc-on-kestrel.md).
/// </summary>
public static class GrpcServices
{
    /// <summary>Full name of the service.</summary>
    public const string Ingest = "tracker.v1.Ingest";

    private const string Health = "grpc.health.v1.Health";

    public static void AddGrpcIngest(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IngestService>();
        builder.Services.AddSingleton<HealthService>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var http2 = kestrel.Limits.Http2;
            // A stream that is held back must not hold back the others of its connection: their windows fit into the connection's.
            http2.InitialConnectionWindowSize = 16 << 20;
            http2.InitialStreamWindowSize = 1 << 20;
            // Streams live long; clients wait silently for one to end when there are as many as may be.
            http2.MaxStreamsPerConnection = 1_000;
            http2.MaxFrameSize = 64 << 10;
            // Finds out about clients that went away without a word.
            http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
            http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(30);
        });
    }

    public static void UseGrpcIngest(this WebApplication app)
    {
        var ingest = app.Services.GetRequiredService<IngestService>();
        var health = app.Services.GetRequiredService<HealthService>();
        var methods = new Dictionary<string, GrpcMethod>(StringComparer.Ordinal)
        {
            [$"/{Ingest}/CreateRun"] = ingest.CreateRun,
            [$"/{Ingest}/Log"] = ingest.Log,
            [$"/{Ingest}/LogStream"] = ingest.LogStream,
            [$"/{Ingest}/Finish"] = ingest.Finish,
            [$"/{Health}/Check"] = health.Check,
        };
        app.UseMiddleware<GrpcMiddleware>(methods, Admission(app.Services), SeriesLimits.MaxBodyBytes, (Func<Exception, GrpcStatus?>)ProblemStatus.Of);
    }

    /// <summary>Metadata carries a key as the headers of REST do; which run it is good for each method asks itself. Health is for everybody.</summary>
    private static Func<HttpContext, ValueTask<GrpcStatus?>> Admission(IServiceProvider services)
    {
        var identification = services.GetRequiredService<Identification>();
        var limits = services.GetRequiredService<RateLimits>();
        return async http =>
        {
            if (http.Request.Path.StartsWithSegments($"/{Health}", StringComparison.Ordinal)) return null;
            var caller = await identification.OfAsync(http, http.RequestAborted);
            http.Features.Set(caller);
            if (limits.Take(caller, http.Connection.RemoteIpAddress) is { } seconds) return ProblemStatus.Of(Problems.TooManyCalls(seconds).ProblemDetails);
            // Over TLS a page of another site could reach this address, too.
            if (caller.IsAmbient && !CrossOrigin.IsAllowed(http.Request, needsProof: caller.Kind != CallerKind.Local)) return ProblemStatus.Of(Problems.CrossOrigin().ProblemDetails);
            if (caller.Kind == CallerKind.Nobody) return ProblemStatus.Of(Problems.Unauthorized(caller.Fault ?? "").ProblemDetails);
            return caller.MaySomewhere(Rights.Ingest) ? null : ProblemStatus.Of(Problems.Forbidden().ProblemDetails);
        };
    }
}
