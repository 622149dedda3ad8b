using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>A request as it came over the wire.</summary>
public sealed record Received(string Path, byte[] Bytes, bool IsGzip, JsonNode Body)
{
    public bool IsLog => Path.EndsWith("/log", StringComparison.Ordinal);

    public long Batch => (long)Body["batch"]!;

    public string Writer => (string)Body["writer"]!;
}

/// <summary>
/// A real listener that answers as the contract says, or worse: for what the real server cannot be made to do
/// (busy, cut off in the middle, confused about numbers).
/// </summary>
public sealed class FaultServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FaultServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>Every request whose body came in whole, in order.</summary>
    public ConcurrentQueue<Received> Requests { get; } = [];

    public IEnumerable<Received> Logs => Requests.Where(request => request.IsLog);

    /// <summary>Asked first; true: it has dealt with the request.</summary>
    public Func<HttpContext, Received, Task<bool>> Fault { get; set; } = (_, _) => Task.FromResult(false);

    public static async Task<FaultServer> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var server = new FaultServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>The points of every batch that was answered with success, as a server that takes each number once would hold them.</summary>
    public List<(string Series, long Step, string Value)> Points() => PointsOf(Logs.DistinctBy(log => (log.Writer, log.Batch)));

    public static List<(string Series, long Step, string Value)> PointsOf(IEnumerable<Received> logs) =>
    [
        .. from log in logs
           from series in log.Body["series"]?.AsArray() ?? []
           from point in series!["steps"]!.AsArray().Zip(series["values"]!.AsArray())
           select ((string)series["name"]!, (long)point.First!, point.Second!.ToString()),
    ];

    public static async Task<bool> Problem(HttpContext context, int status, string detail, object? more = null)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(more ?? new { title = "problem", status, detail });
        return true;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes);
        var isGzip = context.Request.Headers.ContentEncoding == "gzip";
        bytes.Position = 0;
        await using Stream plain = isGzip ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
        var body = (await JsonNode.ParseAsync(plain))!;
        var received = new Received(context.Request.Path, bytes.ToArray(), isGzip, body);
        Requests.Enqueue(received);
        if (await Fault(context, received)) return;
        await context.Response.WriteAsJsonAsync(received switch
        {
            { IsLog: true } => new { acceptedThrough = received.Batch, accepted = 0, rejected = Array.Empty<object>(), stop = (object?)null },
            { Path: "/api/v1/runs" } => new { id = body["id"], state = "running", url = $"/runs/{body["id"]}" },
            _ => (object)new { state = "running", stop = (object?)null },
        });
    }
}
