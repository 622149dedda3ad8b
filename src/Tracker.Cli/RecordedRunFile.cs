using System.IO.Compression;
using Tracker.Core.Runs;

namespace Tracker.Cli;

/// <summary>A recorded run in a file, plain or gzip (told apart by its first two bytes).</summary>
internal sealed class RecordedRunFile : IDisposable
{
    private readonly StreamReader _reader;

    private RecordedRunFile(StreamReader reader, RecordedRun run)
    {
        _reader = reader;
        Run = run;
    }

    public RecordedRun Run { get; }

    /// <summary>What goes wrong when a file is missing, closed to us or not a recorded run.</summary>
    public static bool IsUnreadable(Exception error) =>
        error is IOException or UnauthorizedAccessException or InvalidDataException or RecordedRunException;

    public static RecordedRunFile Open(string path)
    {
        var file = File.OpenRead(path);
        try
        {
            Span<byte> magic = stackalloc byte[2];
            var gzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
            file.Position = 0;
            var reader = new StreamReader(gzip ? new GZipStream(file, CompressionMode.Decompress) : file);
            return new RecordedRunFile(reader, RecordedRun.Open(reader));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _reader.Dispose();
}
