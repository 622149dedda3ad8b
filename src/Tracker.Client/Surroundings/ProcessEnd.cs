using System.Runtime.InteropServices;

namespace Tracker.Client.Surroundings;

/// <summary>
/// Ends the runs of this process that nobody ended when the process ends: by a signal as killed, by an exception that nobody caught as
/// failed, by returning from Main or by <see cref="Environment.Exit"/> as the exit code says. What cannot be sent in time stays on disk.
/// </summary>
internal static class ProcessEnd
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(5);
    private static readonly Lock s_gate = new();
    private static readonly List<TrackerRun> s_runs = [];
    private static readonly List<PosixSignalRegistration> s_signals = [];
    private static bool s_isWatching;

    public static void Add(TrackerRun run)
    {
        lock (s_gate)
        {
            s_runs.Add(run);
            if (!s_isWatching)
            {
                s_isWatching = true;
                AppDomain.CurrentDomain.UnhandledException += (_, failure) => EndAll(TrackerFinishState.Failed, null, failure.ExceptionObject as Exception);
                AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll(null, Environment.ExitCode, null);
            }

            if (!run.EndsOnSignals || s_signals.Count > 0) return;
            foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
            {
                try
                {
                    s_signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
                }
                catch (Exception error) when (error is PlatformNotSupportedException or IOException)
                {
                    // This system has no such signal.
                }
            }
        }
    }

    public static void Remove(TrackerRun run)
    {
        List<PosixSignalRegistration> left = [];
        lock (s_gate)
        {
            s_runs.Remove(run);
            if (!s_runs.Exists(other => other.EndsOnSignals))
            {
                left.AddRange(s_signals);
                s_signals.Clear();
            }
        }

        foreach (var signal in left) signal.Dispose();
    }

    private static void OnSignal(PosixSignalContext context)
    {
        // Somebody else deals with it, and the process goes on.
        if (context.Cancel) return;
        var number = context.Signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 };
        EndAll(TrackerFinishState.Killed, 128 + number, null);
    }

    private static void EndAll(TrackerFinishState? state, int? exitCode, Exception? failure)
    {
        TrackerRun[] runs;
        lock (s_gate) runs = [.. s_runs.Where(run => state != TrackerFinishState.Killed || run.EndsOnSignals)];
        if (runs.Length == 0) return;
        // On the pool: the thread that ends the process may be one that finishing waits for.
        var all = Task.WhenAll(runs.Select(run => Task.Run(() => run.EndWithProcessAsync(state, exitCode, failure, s_time))));
        Task.WaitAny(all, Task.Delay(s_time + s_time));
    }
}
