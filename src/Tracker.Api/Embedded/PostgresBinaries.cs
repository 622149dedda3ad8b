using System.Text.RegularExpressions;

namespace Tracker.Api.Embedded;

/// <summary>A folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c> of one version that the database's user can run.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    /// <summary>The oldest major that Tracker's tables and statements work with.</summary>
    public const int OldestMajor = 14;

    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    public string Program(string name) => ProgramIn(Folder, name);

    /// <param name="major">The only major that will do, null for any.</param>
    /// <param name="options">Where to look.</param>
    /// <param name="account">Who has to be able to run them.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The first that fits: the folder that was named, the PATH, the usual folders with the newest first; null when none does.</returns>
    public static async Task<PostgresBinaries?> FindAsync(
        int? major, EmbeddedPostgresOptions options, DatabaseAccount account, CancellationToken cancellationToken)
    {
        if (options.BinaryFolder is { } named)
        {
            var binaries = await TryAsync(named, account, cancellationToken)
                ?? throw new EmbeddedPostgresException(
                    $"TRACKER_POSTGRES_BIN names {named}, but {account.Name ?? Environment.UserName} cannot run initdb, pg_ctl and postgres {OldestMajor} or newer there: set it to PostgreSQL's bin folder, or unset it.");
            if (major is null || binaries.Major == major) return binaries;
        }
        foreach (var folder in options.SearchFolders ?? [.. UsualFolders()])
        {
            var binaries = await TryAsync(folder, account, cancellationToken);
            if (binaries is not null && (major is null || binaries.Major == major)) return binaries;
        }
        return null;
    }

    /// <summary>The binaries in a folder, null when it lacks one, when they do not run, or when they are too old.</summary>
    public static async Task<PostgresBinaries?> TryAsync(string folder, DatabaseAccount account, CancellationToken cancellationToken)
    {
        // A folder of the PATH may hold links: the programs look for their share beside the real file.
        var program = ProgramIn(folder, "initdb");
        if (!File.Exists(program)) return null;
        var real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        var realFolder = Path.GetDirectoryName(Path.GetFullPath(real))!;
        if (!Programs.All(name => File.Exists(ProgramIn(realFolder, name)))) return null;

        var version = await account.RunAsync(ProgramIn(realFolder, "postgres"), ["-V"], cancellationToken: cancellationToken);
        var match = VersionPattern().Match(version.Output);
        return version.Succeeded && match.Success && int.Parse(match.Groups[1].ValueSpan) is var major and >= OldestMajor
            ? new PostgresBinaries(realFolder, major)
            : null;
    }

    private static string ProgramIn(string folder, string name) => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);

    private static IEnumerable<string> UsualFolders()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted);
        var programs = Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles);
        (string Parent, string Pattern, string Inside)[] places = OperatingSystem.IsWindows()
            ? [(Path.Combine(programs, "PostgreSQL"), "*", "bin")]
            : OperatingSystem.IsMacOS()
                ? [("/opt/homebrew/opt", "postgresql*", "bin"), ("/usr/local/opt", "postgresql*", "bin"), ("/Applications/Postgres.app/Contents/Versions", "*", "bin")]
                : [("/usr/lib/postgresql", "*", "bin"), ("/usr", "pgsql-*", "bin"), ("/usr/libexec", "postgresql*", ""), ("/home/linuxbrew/.linuxbrew/opt", "postgresql*", "bin")];
        return path.Concat(places
            .Where(place => Directory.Exists(place.Parent))
            .SelectMany(place => Directory.EnumerateDirectories(place.Parent, place.Pattern)
                .OrderByDescending(NumberIn)
                .Select(folder => Path.Combine(folder, place.Inside))));
    }

    private static int NumberIn(string folder) => int.TryParse(NumberPattern().Match(Path.GetFileName(folder)).ValueSpan, out var number) ? number : 0;

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"\d+")]
    private static partial Regex NumberPattern();
}
