namespace Tracker.Api.Embedded;

/// <summary>
/// Where a data folder's database lives: the folder itself, or, when root's data folder is closed to the user that runs PostgreSQL,
/// a folder of its own elsewhere that the data folder remembers in the file <c>database-home</c>.
/// </summary>
internal sealed class DatabaseHome : IDisposable
{
    /// <summary>Root's default data folder, and the parent of the databases of closed data folders.</summary>
    public const string RootFolder = "/var/lib/tracker";

    private const UnixFileMode OpenToAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly FolderLock _dataLock;
    private readonly FolderLock? _homeLock;

    private DatabaseHome(string folder, FolderLock dataLock, FolderLock? homeLock) => (Folder, _dataLock, _homeLock) = (folder, dataLock, homeLock);

    /// <summary>The folder around the database: the server's own, readable by the database's user.</summary>
    public string Folder { get; }

    /// <summary>PostgreSQL's data directory, owned by the user that runs it.</summary>
    public string Database => Path.Combine(Folder, "database");

    public static string DefaultDataFolder()
    {
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) return RootFolder;
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (data.Length == 0) throw new EmbeddedPostgresException("This user has no home folder to keep the database in: set TRACKER_DATA to a folder.");
        return Path.Combine(data, "tracker");
    }

    /// <summary>Locks the data folder and finds its database's place.</summary>
    public static async Task<DatabaseHome> OpenAsync(string dataFolder, DatabaseAccount account, CancellationToken cancellationToken)
    {
        var existed = Directory.Exists(dataFolder);
        var dataLock = FolderLock.Take(dataFolder);
        FolderLock? homeLock = null;
        try
        {
            if (account.Name is null) return new DatabaseHome(dataFolder, dataLock, null);
            // What the umask of root took from a new folder is given back; a folder that was there stays as it was.
            if (!existed) OpenFolder(dataFolder);

            var pointer = Path.Combine(dataFolder, "database-home");
            if (!File.Exists(pointer))
            {
                if (await account.CanEnterAsync(dataFolder, cancellationToken)) return new DatabaseHome(dataFolder, dataLock, null);
                if (Directory.Exists(Path.Combine(dataFolder, "database")))
                {
                    throw new EmbeddedPostgresException(
                        $"The user {account.Name}, who runs the database, can no longer enter {dataFolder}: open it and its parents again with chmod o+x.");
                }
                File.WriteAllText(pointer, CreateElsewhere(dataFolder) + "\n");
            }
            var home = File.ReadAllText(pointer).Trim();
            homeLock = FolderLock.Take(home);
            if (!await account.CanEnterAsync(home, cancellationToken)) throw Unreachable(dataFolder, home);
            return new DatabaseHome(home, dataLock, homeLock);
        }
        catch
        {
            homeLock?.Dispose();
            dataLock.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _homeLock?.Dispose();
        _dataLock.Dispose();
    }

    private static string CreateElsewhere(string dataFolder)
    {
        var home = Path.Combine(RootFolder, "databases", Guid.NewGuid().ToString("n"));
        try
        {
            foreach (var folder in new[] { RootFolder, Path.GetDirectoryName(home)!, home })
            {
                if (Directory.Exists(folder)) continue;
                Directory.CreateDirectory(folder);
                OpenFolder(folder);
            }
            // For people who wonder whose database this is.
            File.WriteAllText(Path.Combine(home, "data-folder"), dataFolder + "\n");
            return home;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreachable(dataFolder, home, exception);
        }
    }

    private static EmbeddedPostgresException Unreachable(string dataFolder, string home, Exception? cause = null) => new(
        $"The data folder {dataFolder} is closed to the user that runs the database, and {home} cannot be used in its place: set TRACKER_DATA to a folder that others may enter.",
        cause!);

    private static void OpenFolder(string folder)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, OpenToAll);
    }
}
