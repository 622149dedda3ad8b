using System.Collections.Concurrent;
using System.Diagnostics;
using Tracker.Bench.Load;

namespace Tracker.Bench.Live;

/// <summary>A training that logs 100 series ten times a second and breaks after a given time: its loss is NaN from there on.</summary>
internal sealed class LiveRun(Writer writer, TimeSpan breaksAfter)
{
    public static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<long, long> _sent = [];
    private readonly BatchBody[] _healthy = Bodies(writer, broken: false);
    private readonly BatchBody[] _broken = Bodies(writer, broken: true);
    private long _brokenAt;

    public Writer Writer => writer;

    /// <summary>Milliseconds since the batch with this step was sent; null for a step that was not.</summary>
    public double? SinceStep(long step) => _sent.TryRemove(step, out var sent) ? Stopwatch.GetElapsedTime(sent).TotalMilliseconds : null;

    /// <summary>Milliseconds since the first NaN was sent; null before that.</summary>
    public double? SinceBreak() => Interlocked.Read(ref _brokenAt) is > 0 and var sent ? Stopwatch.GetElapsedTime(sent).TotalMilliseconds : null;

    /// <summary>Sends a batch a step until the time is over. A step that is due while the last one is on its way goes out right after it. Blocks.</summary>
    public void Train(TimeSpan delay, TimeSpan duration)
    {
        Task.Delay(delay).Wait();
        var clock = Stopwatch.StartNew();
        for (var due = StepTime; due < duration; due += StepTime)
        {
            var left = due - clock.Elapsed;
            if (left > TimeSpan.Zero) Task.Delay(left).Wait();
            var step = writer.NextStep;
            var broken = clock.Elapsed > breaksAfter;
            var now = Stopwatch.GetTimestamp();
            _sent[step] = now;
            if (broken) Interlocked.CompareExchange(ref _brokenAt, now, 0);
            writer.Send((broken ? _broken : _healthy)[step % 4]);
        }
    }

    private static BatchBody[] Bodies(Writer writer, bool broken)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 4).Select(_ => new BatchBody(writer.Name, SeriesNames.Hundred, 1, BatchBody.FirstStep,
            (name, _) => broken && name == "train/loss" ? double.NaN : SeriesNames.Value(name, 0, random)))];
    }
}
