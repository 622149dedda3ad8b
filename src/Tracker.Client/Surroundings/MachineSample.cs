using System.Diagnostics;
using System.Net.NetworkInformation;

namespace Tracker.Client.Surroundings;

/// <summary>Counters of the machine and of the process at one moment; what the system does not tell is NaN.</summary>
/// <param name="Time">In ticks of the clock.</param>
/// <param name="BusyTime">Processor time that was used on the machine, any unit.</param>
/// <param name="AllTime">Processor time that there was, in the same unit.</param>
/// <param name="ProcessSeconds">Processor time of this process.</param>
/// <param name="MemoryShare">Memory in use on the machine, of all there is.</param>
/// <param name="ProcessBytes">Memory of this process that is resident.</param>
/// <param name="DiskShare">Room taken on the drive of the working directory, of all there is.</param>
/// <param name="Read">Bytes that this process had read from disk.</param>
/// <param name="Written">Bytes that this process had written to disk.</param>
/// <param name="Received">Bytes that the machine had received.</param>
/// <param name="SentOut">Bytes that the machine had sent.</param>
internal sealed record MachineSample(
    long Time, double BusyTime, double AllTime, double ProcessSeconds, double MemoryShare, double ProcessBytes, double DiskShare,
    double Read, double Written, double Received, double SentOut)
{
    private const double MiB = 1024 * 1024;

    public static MachineSample Take(TimeProvider clock)
    {
        using var process = Process.GetCurrentProcess();
        var (busy, all) = Processor();
        var (received, sent) = Network();
        return new MachineSample(
            clock.GetTimestamp(), busy, all, process.TotalProcessorTime.TotalSeconds, Memory(), process.WorkingSet64, Disk(),
            Field("/proc/self/io", "read_bytes:"), Field("/proc/self/io", "write_bytes:"), received, sent);
    }

    /// <summary>Names and values between two samples; shares in percent, memory in MiB, traffic in MiB/s.</summary>
    public IEnumerable<(string Name, double Value)> Since(MachineSample before, TimeProvider clock)
    {
        var seconds = clock.GetElapsedTime(before.Time, Time).TotalSeconds;
        (string Name, double Value)[] all =
        [
            ("system/cpu", 100 * (BusyTime - before.BusyTime) / (AllTime - before.AllTime)),
            ("system/process_cpu", 100 * (ProcessSeconds - before.ProcessSeconds) / seconds),
            ("system/memory", 100 * MemoryShare),
            ("system/process_memory", ProcessBytes / MiB),
            ("system/disk", 100 * DiskShare),
            ("system/disk_read", (Read - before.Read) / MiB / seconds),
            ("system/disk_write", (Written - before.Written) / MiB / seconds),
            ("system/network_in", (Received - before.Received) / MiB / seconds),
            ("system/network_out", (SentOut - before.SentOut) / MiB / seconds),
        ];
        return all.Where(item => double.IsFinite(item.Value));
    }

    private static (double Busy, double All) Processor()
    {
        // cpu user nice system idle iowait irq softirq steal …
        if (Lines("/proc/stat").FirstOrDefault()?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["cpu", .. var cells]) return (double.NaN, double.NaN);
        var times = cells.Take(8).Select(cell => double.TryParse(cell, out var time) ? time : 0).ToArray();
        var all = times.Sum();
        return times.Length > 4 ? (all - times[3] - times[4], all) : (double.NaN, double.NaN);
    }

    private static double Memory()
    {
        var share = 1 - (Field("/proc/meminfo", "MemAvailable:") / Field("/proc/meminfo", "MemTotal:"));
        if (double.IsFinite(share)) return share;
        var memory = GC.GetGCMemoryInfo();
        return (double)memory.MemoryLoadBytes / memory.TotalAvailableMemoryBytes;
    }

    private static double Disk()
    {
        try
        {
            var drive = new DriveInfo(Environment.CurrentDirectory);
            return 1 - ((double)drive.AvailableFreeSpace / drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return double.NaN;
        }
    }

    private static (double Received, double Sent) Network()
    {
        try
        {
            double received = 0, sent = 0;
            foreach (var device in NetworkInterface.GetAllNetworkInterfaces())
            {
                if (device.NetworkInterfaceType == NetworkInterfaceType.Loopback) continue;
                var statistics = device.GetIPStatistics();
                received += statistics.BytesReceived;
                sent += statistics.BytesSent;
            }

            return (received, sent);
        }
        catch (Exception error) when (error is NetworkInformationException or PlatformNotSupportedException or IOException or UnauthorizedAccessException)
        {
            return (double.NaN, double.NaN);
        }
    }

    private static double Field(string file, string name) =>
        Lines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var cell, ..] && double.TryParse(cell, out var value)
            ? value
            : double.NaN;

    private static string[] Lines(string file)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllLines(file) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
