using System.Diagnostics;

namespace Tracker.Bench.Server;

/// <summary>
/// Seconds of processor time that the three parties have used so far. Unlike points per second they hardly depend on what else the machine does.
/// PostgreSQL's are known on Linux only, elsewhere 0.
/// </summary>
internal readonly record struct ProcessorTime(double Server, double Postgres, double Load)
{
    private const double TicksPerSecond = 100;

    public static ProcessorTime operator -(ProcessorTime later, ProcessorTime earlier) =>
        new(later.Server - earlier.Server, later.Postgres - earlier.Postgres, later.Load - earlier.Load);

    public static ProcessorTime Read(int server, int postmaster)
    {
        using var serverProcess = Process.GetProcessById(server);
        return new ProcessorTime(
            serverProcess.TotalProcessorTime.TotalSeconds,
            OperatingSystem.IsLinux() ? ReadFamily(postmaster) : 0,
            Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    /// <summary>A process, its living children, and the dead ones that it has waited for.</summary>
    private static double ReadFamily(int parent)
    {
        long ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            try
            {
                // proc(5): after the name in parentheses, field 4 is the parent, 14–17 the times of the process and of its dead children.
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                if (id == parent || fields[1] == $"{parent}") ticks += long.Parse(fields[11]) + long.Parse(fields[12]);
                if (id == parent) ticks += long.Parse(fields[13]) + long.Parse(fields[14]);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return ticks / TicksPerSecond;
    }
}
