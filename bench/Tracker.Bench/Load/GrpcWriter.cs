using System.Diagnostics;
using Tracker.Testing;
using Tracker.Wire.V1;

namespace Tracker.Bench.Load;

/// <summary>One writer of one run on a stream over a connection of its own: up to a fixed number of batches wait for their acknowledgements.</summary>
internal sealed class GrpcWriter(Uri address, string run) : ILoadWriter
{
    /// <summary>Fewer than there are bodies: one that is used again has been acknowledged.</summary>
    private const int UnderWay = 16;

    private readonly List<double> _latencies = [];
    private readonly long[] _sent = new long[UnderWay];

    public string Run => run;

    public long Acknowledged { get; private set; }

    public IReadOnlyList<double> Latencies => _latencies;

    /// <summary>Sends batches, using the bodies in turn, until the time is over. What is on its way then is waited for.</summary>
    public async Task SendForAsync(IReadOnlyList<GrpcBody> bodies, TimeSpan duration, CancellationToken cancel)
    {
        using var client = new GrpcClient(address);
        using var stream = await client.OpenAsync("/tracker.v1.Ingest/LogStream");
        using var places = new SemaphoreSlim(UnderWay);
        var reading = ReadAsync(stream, bodies[0].Points, places, cancel);
        var clock = Stopwatch.StartNew();
        var step = BatchBody.FirstStep;
        for (long batch = 1; clock.Elapsed < duration; batch++)
        {
            if (await Task.WhenAny(places.WaitAsync(cancel), reading) == reading) break;
            var body = bodies[(int)(batch % bodies.Count)];
            body.Number(batch, step);
            step += body.Steps;
            _sent[batch % UnderWay] = Stopwatch.GetTimestamp();
            await stream.SendAsync(body.Frame, cancel);
        }

        stream.Complete();
        await reading;
        if (stream.End() is not { Code: 0 }) throw new InvalidOperationException($"The stream of {run} ended with {stream.End()}.");
    }

    private async Task ReadAsync(GrpcStream stream, int points, SemaphoreSlim places, CancellationToken cancel)
    {
        for (long batch = 1; await stream.ReadAsync(cancel) is { } message; batch++)
        {
            _latencies.Add(Stopwatch.GetElapsedTime(_sent[batch % UnderWay]).TotalMilliseconds);
            var ack = LogResponse.Parser.ParseFrom(message);
            if (ack.AcceptedThrough != (ulong)batch || ack.Accepted != points || ack.Rejected.Count > 0) throw new InvalidOperationException($"Batch {batch} of {run} got {ack}.");
            Acknowledged += points;
            places.Release();
        }
    }
}
