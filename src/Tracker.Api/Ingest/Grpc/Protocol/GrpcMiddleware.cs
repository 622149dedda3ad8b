using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>Serves one method, from its first message to its last; its status is OK when it returns.</summary>
public delegate Task GrpcMethod(GrpcCall call);

/// <summary>
/// gRPC over HTTP/2 as https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it, on Kestrel's own HTTP/2. It takes every request
/// whose content type is gRPC's, and every one to a path of the methods; others pass.
/// </summary>
/// <param name="next">What comes after it.</param>
/// <param name="methods">By path: <c>/package.Service/Method</c>.</param>
/// <param name="admit">Finds out who calls; a status refuses the call.</param>
/// <param name="limit">Longest message, in bytes after decompression.</param>
/// <param name="explain">The status of an exception that is not the protocol's own; null for a fault of ours.</param>
/// <param name="clock">Measures deadlines.</param>
/// <param name="log">Hears of faults.</param>
public sealed partial class GrpcMiddleware(
    RequestDelegate next, IReadOnlyDictionary<string, GrpcMethod> methods, Func<HttpContext, ValueTask<GrpcStatus?>> admit, int limit, Func<Exception, GrpcStatus?> explain, TimeProvider clock, ILogger<GrpcMiddleware> log)
{
    public Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var method = methods.GetValueOrDefault(http.Request.Path.Value ?? "");
        var type = http.Request.ContentType;
        if (method is null && type?.StartsWith(GrpcHeaders.ContentType, StringComparison.OrdinalIgnoreCase) is not true) return next(http);
        if (!GrpcHeaders.IsProtobuf(type)) return Refuse(http, StatusCodes.Status415UnsupportedMediaType);
        if (!HttpProtocol.IsHttp2(http.Request.Protocol)) return Refuse(http, StatusCodes.Status426UpgradeRequired);
        if (!HttpMethods.IsPost(http.Request.Method)) return Refuse(http, StatusCodes.Status405MethodNotAllowed);
        return ServeAsync(http, method);
    }

    private static Task Refuse(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status426UpgradeRequired) http.Response.Headers.Upgrade = "HTTP/2";
        return Task.CompletedTask;
    }

    private async Task ServeAsync(HttpContext http, GrpcMethod? method)
    {
        // Streams live as long as a training does and may be silent for hours; a message has a limit of its own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Response.ContentType = GrpcHeaders.ContentType;
        http.Response.Headers[GrpcHeaders.AcceptEncoding] = MessageCoding.Accepted;
        var status = await RunAsync(http, method);
        if (http.RequestAborted.IsCancellationRequested) return;
        if (status.Code == GrpcCode.Ok && !http.Response.HasStarted) await http.Response.StartAsync(CancellationToken.None);
        GrpcHeaders.WriteStatus(http.Response, status);
        await http.Response.CompleteAsync();
    }

    private async Task<GrpcStatus> RunAsync(HttpContext http, GrpcMethod? method)
    {
        GrpcCall? call = null;
        try
        {
            if (method is null) throw new GrpcException(GrpcCode.Unimplemented, $"There is no method {http.Request.Path.Value}.");
            if (await admit(http) is { } refused) return refused;
            call = new GrpcCall(http, limit, clock);
            await method(call);
            return GrpcStatus.Ok;
        }
        catch (GrpcException problem)
        {
            return problem.Status;
        }
        catch (OperationCanceledException) when (call?.IsDeadlineOver is true)
        {
            return new GrpcStatus(GrpcCode.DeadlineExceeded, "The deadline is over. What was sent may be stored: send it again with the same numbers.");
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested || gone is OperationCanceledException or IOException)
        {
            return new GrpcStatus(GrpcCode.Cancelled, "The call was cancelled.");
        }
        catch (Exception error)
        {
            if (explain(error) is { } status) return status;
            LogFailure(error, http.Request.Path.Value ?? "");
            return new GrpcStatus(GrpcCode.Internal, "The server failed. Its log says why.");
        }
        finally
        {
            call?.Dispose();
        }
    }

    [LoggerMessage(1010, LogLevel.Error, "gRPC {Method} failed")]
    private partial void LogFailure(Exception error, string method);
}
