using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Tracker.Bench.Live;

/// <summary>A browser's end of the live hub: SignalR's JSON protocol over a WebSocket, as much of it as watching needs.</summary>
internal sealed class HubSocket : IAsyncDisposable
{
    private const byte Separator = 0x1e;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<JsonElement> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string, JsonElement> _receive;
    private Task _reading = Task.CompletedTask;

    private HubSocket(Action<string, JsonElement> receive) => _receive = receive;

    /// <param name="server">Address of the server.</param>
    /// <param name="method">What to watch: <c>WatchRun</c> or <c>WatchProject</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="receive">Gets name and argument of every message, in order, on one thread at a time.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<HubSocket> WatchAsync(Uri server, string method, object[] arguments, Action<string, JsonElement> receive, CancellationToken cancel)
    {
        var hub = new HubSocket(receive);
        await hub._socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = "/hubs/live" }.Uri, cancel);
        await hub.SendAsync(new { protocol = "json", version = 1 }, cancel);
        await hub.SendAsync(new { type = 1, invocationId = "1", target = method, arguments }, cancel);
        hub._reading = Task.Run(hub.ReadAsync, cancel);
        await hub._answer.Task.WaitAsync(TimeSpan.FromSeconds(30), cancel);
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 16];
        var held = 0;
        try
        {
            while (true)
            {
                if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var got = await _socket.ReceiveAsync(buffer.AsMemory(held), _end.Token);
                if (got.MessageType == WebSocketMessageType.Close) throw new InvalidOperationException("The server closed the connection.");
                held += got.Count;
                var start = 0;
                for (var length = Next(buffer, start, held); length >= 0; length = Next(buffer, start, held))
                {
                    await TakeAsync(buffer.AsMemory(start, length));
                    start += length + 1;
                }

                buffer.AsSpan(start, held - start).CopyTo(buffer);
                held -= start;
            }
        }
        catch (OperationCanceledException)
        {
            // Disposal.
        }
        catch (Exception error)
        {
            if (!_answer.TrySetException(error)) Bench.Note($"a watch ended early: {error.Message}");
        }
    }

    private static int Next(byte[] buffer, int start, int end) => buffer.AsSpan(start, end - start).IndexOf(Separator);

    private async Task TakeAsync(ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        var root = json.RootElement;
        // The answer to the handshake has no type.
        if (!root.TryGetProperty("type", out var type)) return;
        switch (type.GetInt32())
        {
            case 1:
                var arguments = root.GetProperty("arguments");
                if (arguments.GetArrayLength() > 0) _receive(root.GetProperty("target").GetString()!, arguments[0]);
                break;
            case 3:
                if (root.TryGetProperty("error", out var error)) _answer.TrySetException(new InvalidOperationException(error.GetString()));
                else _answer.TrySetResult(root.TryGetProperty("result", out var result) ? result.Clone() : default);
                break;
            case 6:
                await SendAsync(new { type = 6 }, _end.Token);
                break;
        }
    }

    private async Task SendAsync(object message, CancellationToken cancel) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message) + (char)Separator), WebSocketMessageType.Text, true, cancel);
}
