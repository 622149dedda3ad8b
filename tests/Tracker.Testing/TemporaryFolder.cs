namespace Tracker.Testing;

/// <summary>A new folder that everybody may enter, gone with its contents when disposed.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name = "tracker test")
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{name} {System.IO.Path.GetRandomFileName()}");
        Directory.CreateDirectory(Path);
        Open(Path);
    }

    public string Path { get; }

    /// <summary>The path of something inside.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Takes a folder from everybody but its owner, as <c>mktemp -d</c> makes them.</summary>
    public static void Close(string folder)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static void Open(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(
            folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
