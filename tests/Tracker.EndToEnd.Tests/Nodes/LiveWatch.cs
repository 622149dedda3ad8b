using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary>The hub as a browser behind a proxy reaches it: one WebSocket, no negotiation, so it does not matter which node answers.</summary>
internal sealed class LiveWatch : IAsyncDisposable
{
    private const char RecordEnd = '\u001e';

    private readonly ClientWebSocket socket = new();
    private readonly CancellationTokenSource stop = new();
    private readonly List<long> steps = [];
    private Task reading = Task.CompletedTask;

    /// <summary>Steps of a series in the order in which they were pushed.</summary>
    public long[] Steps
    {
        get
        {
            lock (steps) return [.. steps];
        }
    }

    public static async Task<LiveWatch> StartAsync(Uri node, string run, string series)
    {
        var watch = new LiveWatch();
        await watch.socket.ConnectAsync(new UriBuilder(node) { Scheme = "ws", Path = "/hubs/live" }.Uri, CancellationToken.None);
        watch.reading = watch.ReadAsync(series);
        await watch.SendAsync("""{"protocol":"json","version":1}""");
        await watch.SendAsync($$"""{"type":1,"invocationId":"1","target":"WatchRun","arguments":["{{run}}",["{{series}}"],0]}""");
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        socket.Dispose();
        stop.Dispose();
    }

    private Task SendAsync(string message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message + RecordEnd), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private async Task ReadAsync(string series)
    {
        var buffer = new byte[64 * 1024];
        using var text = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, stop.Token);
                if (part.MessageType == WebSocketMessageType.Close) return;
                text.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                foreach (var record in Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Split(RecordEnd, StringSplitOptions.RemoveEmptyEntries)) Take(record, series);
                text.SetLength(0);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The test has seen enough.
        }
    }

    private void Take(string record, string series)
    {
        using var message = JsonDocument.Parse(record);
        if (!message.RootElement.TryGetProperty("target", out var target) || target.GetString() != "points") return;
        foreach (var points in message.RootElement.GetProperty("arguments")[0].GetProperty("series").EnumerateArray().Where(points => points.GetProperty("name").GetString() == series))
        {
            lock (steps) steps.AddRange(points.GetProperty("steps").EnumerateArray().Select(step => step.GetInt64()));
        }
    }
}
