using System.Text;

namespace Tracker.Api.Embedded;

/// <summary>The settings file beside the database: the one of the repository, then what depends on the machine and the start.</summary>
internal static class ClusterSettings
{
    public const string FileName = "settings.conf";

    private const long Megabyte = 1 << 20;

    /// <param name="path">The file to write; the database's user reads it.</param>
    /// <param name="socketFolder">Where the socket goes; null listens on loopback instead.</param>
    /// <param name="port">The TCP port on loopback, or the number in the socket's name.</param>
    /// <param name="compressLog">Whether this PostgreSQL was built with lz4.</param>
    /// <param name="more">Lines that go last.</param>
    public static void Write(string path, string? socketFolder, int port, bool compressLog, IReadOnlyDictionary<string, string> more)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Megabyte;
        var text = new StringBuilder(ReadOwn()).AppendLine().AppendLine("# This machine and this start.");
        Set("shared_buffers", $"{Math.Clamp(memory / 8, 64, 512)}MB");
        Set("effective_cache_size", $"{Math.Clamp(memory / 2, 128, 16384)}MB");
        // pglz, the other choice, costs more than it saves.
        Set("wal_compression", compressLog ? "lz4" : "off");
        Set("listen_addresses", socketFolder is null ? "127.0.0.1" : "");
        Set("unix_socket_directories", socketFolder ?? "");
        Set("unix_socket_permissions", "0700");
        Set("port", $"{port}");
        foreach (var (name, value) in more) Set(name, value);

        File.WriteAllText(path, text.ToString());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        void Set(string name, string value) => text.AppendLine($"{name} = '{value.Replace("'", "''", StringComparison.Ordinal)}'");
    }

    private static string ReadOwn()
    {
        using var stream = typeof(ClusterSettings).Assembly.GetManifestResourceStream("postgresql.conf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
