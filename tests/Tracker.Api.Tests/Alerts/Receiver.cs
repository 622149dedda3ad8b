using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tracker.Api.Tests.Alerts;

/// <summary>What a receiver got.</summary>
internal sealed record Received(IReadOnlyDictionary<string, string> Headers, string Path, byte[] Body);

/// <summary>A real HTTP server that answers as its test tells it and hands out what it got.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Channel<Received> arrived = Channel.CreateUnbounded<Received>();
    private readonly ConcurrentQueue<Received> all = new();

    private Receiver(Func<int, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        var number = 0;
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
            var received = new Received(headers, context.Request.Path, body.ToArray());
            all.Enqueue(received);
            await answer(Interlocked.Increment(ref number), context);
            arrived.Writer.TryWrite(received);
        });
    }

    public Uri Url => new(app.Urls.First());

    public IReadOnlyCollection<Received> All => all;

    /// <summary>Starts a receiver; the answer gets the number of the request, from 1.</summary>
    public static async Task<Receiver> StartAsync(Func<int, HttpContext, Task> answer)
    {
        var receiver = new Receiver(answer);
        await receiver.app.StartAsync();
        return receiver;
    }

    public static Task<Receiver> StartAsync(Func<int, int> status) => StartAsync((number, context) =>
    {
        context.Response.StatusCode = status(number);
        return Task.CompletedTask;
    });

    public static Task<Receiver> StartAsync() => StartAsync(_ => 200);

    /// <summary>The next request that was answered; fails the test after 90 s.</summary>
    public async Task<Received> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        return await arrived.Reader.ReadAsync(limit.Token);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
