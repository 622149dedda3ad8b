using System.Diagnostics;
using System.Globalization;

namespace Tracker.Api.Embedded;

/// <summary>One database folder and the programs that make, start and stop it, as the account that owns it.</summary>
internal sealed class Cluster(string folder, PostgresBinaries binaries, DatabaseAccount account, ILogger logger)
{
    /// <summary>The bootstrap user and the database that a new folder gets.</summary>
    public const string Name = "tracker";

    private static readonly TimeSpan LeftoverPatience = TimeSpan.FromSeconds(15);

    private string LogFile => Path.Combine(folder, "server.log");

    private string PidFile => Path.Combine(folder, "postmaster.pid");

    /// <summary>The major that a database folder was made by, null when there is no database yet.</summary>
    public static int? MajorOf(string folder)
    {
        var file = Path.Combine(folder, "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim()) : null;
    }

    /// <summary>Makes the database beside its place and moves it there when it is whole: a crash in between leaves nothing half made.</summary>
    /// <param name="password">The bootstrap user's password for connections over TCP; null where only the socket is served.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task CreateAsync(string? password, CancellationToken cancellationToken)
    {
        EmbeddedLog.Creating(logger, binaries.Major, folder);
        var work = folder + ".new";
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        await account.CreateOwnFolderAsync(work, cancellationToken);

        List<string> arguments = ["-D", work, "-U", Name, "--locale=C", "-E", "UTF8", "--auth-local=trust"];
        var passwordFile = work + ".password";
        if (password is null) arguments.Add("--auth-host=reject");
        else arguments.AddRange(["--auth-host=scram-sha-256", $"--pwfile={passwordFile}"]);
        try
        {
            if (password is not null) await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
            Check(await account.RunAsync(binaries.Program("initdb"), arguments, cancellationToken: cancellationToken), "initdb failed");
        }
        finally
        {
            File.Delete(passwordFile);
        }
        Check(
            await account.RunAsync(binaries.Program("postgres"), ["--single", "-D", work, "postgres"], $"create database {Name}\n", cancellationToken),
            "the first database could not be created");
        await File.AppendAllTextAsync(Path.Combine(work, "postgresql.conf"), $"\ninclude_if_exists '../{ClusterSettings.FileName}'\n", cancellationToken);
        // A folder without PG_VERSION is no database: what is left of one that never got that far.
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(work, folder);
    }

    /// <summary>Whether this build of PostgreSQL takes a setting.</summary>
    public async Task<bool> AcceptsAsync(string setting, CancellationToken cancellationToken) =>
        (await account.RunAsync(binaries.Program("postgres"), ["-C", setting[..setting.IndexOf('=')], "-c", setting, "-D", folder], cancellationToken: cancellationToken)).Succeeded;

    /// <summary>Starts the server in a session of its own (pg_ctl's doing), so that the terminal's Ctrl-C does not reach it, and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            ForgetDeadProcess();
            if (File.Exists(LogFile)) File.Move(LogFile, LogFile + ".old", overwrite: true);
            var result = await ControlAsync(["start", "-l", LogFile, "-w", "-t", "3600"], cancellationToken);
            if (result.Succeeded) return;

            var log = File.Exists(LogFile) ? await File.ReadAllLinesAsync(LogFile, cancellationToken) : [];
            var reason = Array.Find(log, line => line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal))
                ?? log.LastOrDefault() ?? result.LastLine;
            // Sessions of a server that was killed see that it is gone within moments; until then they hold its shared memory.
            if (!reason.Contains("shared memory block", StringComparison.Ordinal) || Stopwatch.GetElapsedTime(began) > LeftoverPatience)
                throw new EmbeddedPostgresException($"The database in {folder} does not start: {reason.Trim()} (more in {LogFile})");
            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Ends the sessions and stops the server; returns when it is gone.</summary>
    public async Task StopAsync()
    {
        var result = await ControlAsync(["stop", "-m", "fast", "-w", "-t", "120"], CancellationToken.None);
        if (!result.Succeeded && RunningProcess() is not null) result = await ControlAsync(["stop", "-m", "immediate", "-w", "-t", "30"], CancellationToken.None);
        if (!result.Succeeded && RunningProcess() is not null) EmbeddedLog.NotStopped(logger, result.LastLine);
    }

    /// <summary>Stops the server that a killed Tracker left behind. The data folder's lock is held, so it is nobody else's.</summary>
    public async Task StopOrphanAsync()
    {
        if (ReadPidFile() is not { } lines) return;
        if (RunningProcess() is { } process)
        {
            EmbeddedLog.StoppingOrphan(logger, process);
            await StopAsync();
        }
        if (lines.Length > 4) SocketFolder.Delete(lines[4]);
    }

    /// <summary>The process id of the server that runs on this folder, null when there is none. The pid file is checked against the process, not believed.</summary>
    public int? RunningProcess()
    {
        if (ReadPidFile() is not { Length: > 2 } lines || !int.TryParse(lines[0], out var id)) return null;
        try
        {
            using var process = Process.GetProcessById(id);
            if (!process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase)) return null;
            // PostgreSQL stands in its data directory. Where the system does not tell, the time of its start is its mark.
            if (OperatingSystem.IsLinux()) return File.ResolveLinkTarget($"/proc/{id}/cwd", false)?.FullName == RealPath(folder) ? id : null;
            var started = DateTimeOffset.FromUnixTimeSeconds(long.Parse(lines[2], CultureInfo.InvariantCulture));
            return (process.StartTime.ToUniversalTime() - started.UtcDateTime).Duration() < TimeSpan.FromSeconds(10) ? id : null;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private Task<CommandResult> ControlAsync(string[] arguments, CancellationToken cancellationToken) =>
        account.RunAsync(binaries.Program("pg_ctl"), ["-D", folder, "-s", .. arguments], cancellationToken: cancellationToken);

    private string[]? ReadPidFile()
    {
        try
        {
            return File.Exists(PidFile) && File.ReadAllLines(PidFile) is { Length: > 0 } lines ? lines : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Removes the pid files whose number another program has by now, or a dead server that nobody has collected yet:
    /// PostgreSQL would take either for a running server. Any other it judges better than we do.
    /// </summary>
    private void ForgetDeadProcess()
    {
        if (RunningProcess() is not null || ReadPidFile() is not { } lines || !int.TryParse(lines[0], out var id)) return;
        try
        {
            using var process = Process.GetProcessById(id);
            File.Delete(PidFile);
            if (lines.Length > 4) SocketFolder.Clear(lines[4]);
        }
        catch (ArgumentException)
        {
            // There is no such process.
        }
    }

    /// <summary>The path without symbolic links, as the kernel names it.</summary>
    private static string RealPath(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null) return path;
        var here = new DirectoryInfo(Path.Combine(RealPath(parent), Path.GetFileName(path)));
        return here.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? here.FullName;
    }

    private static void Check(CommandResult result, string what)
    {
        if (!result.Succeeded) throw new EmbeddedPostgresException($"The database could not be created, {what}: {result.LastLine}");
    }
}
