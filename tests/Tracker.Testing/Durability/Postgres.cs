using System.Diagnostics;
using Npgsql;

namespace Tracker.Testing.Durability;

/// <summary>The private PostgreSQL of a server, seen from outside: its processes and its socket. Linux and macOS.</summary>
public static class Postgres
{
    /// <summary>A data source for the private database of a server.</summary>
    /// <param name="dataFolder">The server's <c>TRACKER_DATA</c>.</param>
    /// <param name="database">Name of the database.</param>
    public static NpgsqlDataSource Connect(string dataFolder, string database = "tracker") =>
        // The fifth line of the pid file names the folder of the socket.
        NpgsqlDataSource.Create($"Host={PidFile(dataFolder)[4]};Username=tracker;Database={database};Command Timeout=120");

    /// <summary><c>kill -9</c> of the postmaster; its sessions end when they see that it is gone.</summary>
    internal static void Kill(string dataFolder) => Kill(int.Parse(PidFile(dataFolder)[0]));

    /// <summary><c>kill -9</c> of one of the sessions that serve the database.</summary>
    internal static void KillSession(string dataFolder, Random random)
    {
        var postmaster = int.Parse(PidFile(dataFolder)[0]);
        var sessions = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!))
            .Where(id => IsSession(id, postmaster)).ToList();
        if (sessions.Count > 0) Kill(sessions[random.Next(sessions.Count)]);
    }

    internal static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", [signal, $"{process}"]);
        await kill.WaitForExitAsync();
    }

    private static string[] PidFile(string dataFolder) => File.ReadAllLines(Path.Combine(dataFolder, "database", "postmaster.pid"));

    private static bool IsSession(int id, int postmaster)
    {
        try
        {
            // proc(5): after the name in parentheses, field 4 is the parent. A session calls itself "postgres: user database …".
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{postmaster}"
                && File.ReadAllText($"/proc/{id}/cmdline").StartsWith("postgres: tracker tracker", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }
    }
}
