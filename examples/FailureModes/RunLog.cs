using Tracker.Client;

namespace FailureModes;

/// <summary>Where one training writes: to the server, to a recorded run, or to both.</summary>
internal sealed class RunLog(TrackerRun run, Recorder? recorder) : IAsyncDisposable
{
    /// <summary>For the probes, whose results are events.</summary>
    public TrackerRun Run => run;

    public bool ShouldStop => run.ShouldStop;

    public Uri? Url => run.Url;

    public void Log(long step, params ReadOnlySpan<(string Name, double Value)> values)
    {
        run.Log(step, values);
        recorder?.Log(step, values);
    }

    public void LogHistogram(string name, ReadOnlySpan<float> values, long step)
    {
        run.LogHistogram(name, values, step);
        recorder?.LogHistogram(name, values, step);
    }

    public Task<TrackerFinish> FinishAsync(TrackerFinishState state) => run.FinishAsync(state);

    public async ValueTask DisposeAsync()
    {
        recorder?.Dispose();
        await run.DisposeAsync();
    }
}
