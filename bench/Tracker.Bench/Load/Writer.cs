using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Tracker.Bench.Load;

/// <summary>What a load has to know of its writers.</summary>
internal interface ILoadWriter
{
    string Run { get; }

    /// <summary>Points that the server has acknowledged.</summary>
    long Acknowledged { get; }

    /// <summary>Milliseconds from sending to acknowledgement, a batch each.</summary>
    IReadOnlyList<double> Latencies { get; }
}

/// <summary>One writer of one run: sends numbered batches, one at a time, each until it is acknowledged.</summary>
internal sealed class Writer(HttpClient http, string run, string name) : ILoadWriter
{
    private readonly Uri _address = new($"/api/v1/runs/{run}/log", UriKind.Relative);
    private readonly List<double> _latencies = [];

    public string Run => run;

    public string Name => name;

    /// <summary>Points that the server has acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Batches that the server has acknowledged.</summary>
    public long Batches { get; private set; }

    /// <summary>The step that the next batch begins with.</summary>
    public long NextStep { get; private set; } = BatchBody.FirstStep;

    /// <summary>Milliseconds from sending to acknowledgement, a batch each.</summary>
    public IReadOnlyList<double> Latencies => _latencies;

    /// <summary>Sends batches, using the bodies in turn, until the time is over. What is on its way then is waited for.</summary>
    public async Task SendForAsync(IReadOnlyList<BatchBody> bodies, TimeSpan duration, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration) await SendAsync(bodies[(int)(Batches % bodies.Count)], cancel);
    }

    /// <summary>Sends one batch, again and again until it is acknowledged.</summary>
    public async Task SendAsync(BatchBody body, CancellationToken cancel)
    {
        body.Number(Batches + 1, NextStep);
        var sent = Stopwatch.GetTimestamp();
        while (!await TryAsync(body, cancel)) await Task.Delay(100, cancel);
        _latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        Batches++;
        Acknowledged += body.Points;
        NextStep += body.Steps;
    }

    private async Task<bool> TryAsync(BatchBody body, CancellationToken cancel)
    {
        using var content = new ReadOnlyMemoryContent(body.Json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await http.PostAsync(_address, content, cancel);
        if (answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) return false;
        var text = await answer.Content.ReadAsStringAsync(cancel);
        var expected = $"{{\"acceptedThrough\":{Batches + 1},\"accepted\":{body.Points},\"rejected\":[]";
        if (!answer.IsSuccessStatusCode || !text.StartsWith(expected, StringComparison.Ordinal))
            throw new InvalidOperationException($"Batch {Batches + 1} of {name} got {(int)answer.StatusCode}: {text}");
        return true;
    }
}
