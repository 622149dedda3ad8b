namespace Tracker.Api.Embedded;

/// <summary>
/// Holds a folder for one server at a time by a lock of the operating system, which a <c>kill -9</c> lets go of.
/// The holder's process id stands in a file of its own, because Windows lets nobody read a locked one.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _holder;

    private FolderLock(FileStream file, string holder) => (_file, _holder) = (file, holder);

    public static FolderLock Take(string folder)
    {
        var holder = Path.Combine(folder, "server.pid");
        FileStream file;
        try
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(holder))
        {
            throw new EmbeddedPostgresException(
                $"The data folder {folder} is in use by another Tracker server (process {ReadHolder(holder)}): stop that one, or set TRACKER_DATA to a folder of its own for this one.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(folder, exception);
        }

        try
        {
            File.WriteAllText(holder, $"{Environment.ProcessId}\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw NotWritable(folder, exception);
        }
        return new FolderLock(file, holder);
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_holder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Stale contents harm nobody: the lock decides, not this file.
        }
        _file.Dispose();
    }

    private static EmbeddedPostgresException NotWritable(string folder, Exception cause) => new(
        $"The data folder {folder} is not writable by {Environment.UserName} ({cause.Message.TrimEnd('.')}): set TRACKER_DATA to a folder that is.",
        cause);

    private static string ReadHolder(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
