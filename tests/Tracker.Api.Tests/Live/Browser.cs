using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Live;

/// <summary>A message that a browser got.</summary>
internal sealed record Pushed(string Event, JsonElement Message);

/// <summary>The official client of SignalR in a Node process. Skips the test where Node or the client is missing; fails it on the build server.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly Process process;
    private readonly Channel<Pushed> messages = Channel.CreateUnbounded<Pushed>();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> calls = new();
    private int lastCall;

    private Browser(Process process)
    {
        this.process = process;
        _ = ReadAsync();
    }

    public static async Task<Browser> ConnectAsync(Uri server, string? key = null)
    {
        var web = Repository.PathOf("src", "Tracker.Web");
        Require(Directory.Exists(Path.Combine(web, "node_modules", "@microsoft", "signalr")), "src/Tracker.Web/node_modules is missing: run npm ci there");
        var start = new ProcessStartInfo("node", [Repository.PathOf("tests", "Tracker.Api.Tests", "Live", "browser.mjs"), web, new Uri(server, "hubs/live").AbsoluteUri, key ?? ""])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process node;
        try
        {
            node = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Require(false, "Node is missing");
            throw;
        }
        var browser = new Browser(node);
        await browser.NextAsync("connected");
        return browser;
    }

    /// <summary>Calls the hub; an error of the hub is thrown with its message.</summary>
    public Task<JsonElement> InvokeAsync(string method, params object[] args)
    {
        var id = Interlocked.Increment(ref lastCall);
        var answer = calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(new { @do = "invoke", id, method, args });
        return answer.Task.WaitAsync(TimeSpan.FromSeconds(90));
    }

    public Task<JsonElement> WatchRunAsync(string run, long after, params string[] series) => InvokeAsync("WatchRun", run, series, after);

    public void Freeze(TimeSpan time) => Send(new { @do = "freeze", milliseconds = time.TotalMilliseconds });

    /// <summary>The next message of one of these kinds; others before it are dropped. Fails the test after 30 s.</summary>
    public async Task<Pushed> NextAsync(params string[] events)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            var message = await messages.Reader.ReadAsync(limit.Token);
            if (events.Contains(message.Event)) return message;
        }
    }

    /// <summary>The next message of a kind that fits; others before it are dropped.</summary>
    public async Task<JsonElement> NextAsync(string kind, Func<JsonElement, bool> fits)
    {
        while (true)
        {
            var (_, message) = await NextAsync(kind);
            if (fits(message)) return message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static void Require(bool there, string what)
    {
        if (there) return;
        if (Repository.IsCi) Assert.Fail(what);
        Assert.Skip(what);
    }

    private void Send(object command)
    {
        lock (process)
        {
            process.StandardInput.WriteLine(JsonSerializer.Serialize(command));
            process.StandardInput.Flush();
        }
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } text)
        {
            var line = JsonSerializer.Deserialize<JsonElement>(text);
            if (line.TryGetProperty("event", out var name))
            {
                messages.Writer.TryWrite(new Pushed(name.GetString()!, line.TryGetProperty("message", out var message) ? message : default));
                continue;
            }
            var call = calls[line.GetProperty("id").GetInt32()];
            if (line.TryGetProperty("error", out var error)) call.SetException(new InvalidOperationException(error.GetString()));
            else call.SetResult(line.GetProperty("value"));
        }
        messages.Writer.TryComplete();
    }
}
