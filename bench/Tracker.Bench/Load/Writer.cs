using System.Diagnostics;
using System.Text;

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

/// <summary>One writer of one run on a connection of its own: sends numbered batches, one at a time, each until it is acknowledged.</summary>
internal sealed class Writer(Uri address, string run, string name) : ILoadWriter, IDisposable
{
    private readonly LogConnection _connection = new(address, $"/api/v1/runs/{run}/log");
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
    public void SendFor(IReadOnlyList<BatchBody> bodies, TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration) Send(bodies[(int)(Batches % bodies.Count)]);
    }

    /// <summary>Sends one batch, again and again until it is acknowledged. Blocks.</summary>
    public void Send(BatchBody body)
    {
        body.Number(Batches + 1, NextStep);
        var sent = Stopwatch.GetTimestamp();
        while (!Try(body)) Task.Delay(100).Wait();
        _latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        Batches++;
        Acknowledged += body.Points;
        NextStep += body.Steps;
    }

    public void Dispose() => _connection.Dispose();

    private bool Try(BatchBody body)
    {
        var (status, answer) = _connection.Post(body.Json);
        if (status is 429 or 503) return false;
        var text = Encoding.UTF8.GetString(answer.Span);
        var expected = $"{{\"acceptedThrough\":{Batches + 1},\"accepted\":{body.Points},\"rejected\":[]";
        if (status != 200 || !text.StartsWith(expected, StringComparison.Ordinal)) throw new InvalidOperationException($"Batch {Batches + 1} of {name} got {status}: {text}");
        return true;
    }
}
