using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Tracker.Client.Spooling;

/// <summary>One file of records: written at its end, read anywhere. Not safe for several threads; <see cref="Spool"/> is.</summary>
internal sealed class SpoolSegment : IDisposable
{
    private readonly SafeFileHandle _file;

    public SpoolSegment(string path)
    {
        Path = path;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
    }

    public string Path { get; }

    /// <summary>Where the next record goes.</summary>
    public long End { get; private set; }

    /// <summary>Records that are not acknowledged.</summary>
    public int Waiting { get; private set; }

    /// <summary>The whole records that the file holds; what is torn or spoilt ends it.</summary>
    public IEnumerable<SpoolPlace> ReadAll()
    {
        End = 0;
        var header = new byte[SpoolRecord.HeaderBytes];
        while (RandomAccess.Read(_file, header, End) == header.Length && SpoolRecord.TryRead(header, out var record))
        {
            var place = new SpoolPlace(this, End + header.Length, record);
            if (Read(place) is null) yield break;
            End += header.Length + record.Length;
            Waiting++;
            yield return place;
        }
    }

    /// <exception cref="IOException">The disk takes no more; the file is as it was before.</exception>
    public SpoolPlace Append(SpoolRecord record, ReadOnlySpan<byte> payload)
    {
        var length = SpoolRecord.HeaderBytes + payload.Length;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            record.Write(bytes);
            payload.CopyTo(bytes.AsSpan(SpoolRecord.HeaderBytes));
            RandomAccess.Write(_file, bytes.AsSpan(0, length), End);
        }
        catch
        {
            // No half record may stand before the next one.
            RandomAccess.SetLength(_file, End);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        var place = new SpoolPlace(this, End + SpoolRecord.HeaderBytes, record);
        End += length;
        Waiting++;
        return place;
    }

    /// <summary>The payload; null where it is not what was written.</summary>
    public byte[]? Read(SpoolPlace place)
    {
        var payload = new byte[place.Record.Length];
        var read = 0;
        while (read < payload.Length && RandomAccess.Read(_file, payload.AsSpan(read), place.Offset + read) is > 0 and var some) read += some;
        return read == payload.Length && Crc32.Of(payload) == place.Record.Check ? payload : null;
    }

    public void Acknowledge() => Waiting--;

    /// <summary>Forgets all records. What was written a moment ago then never reaches the disk itself.</summary>
    public void Empty()
    {
        RandomAccess.SetLength(_file, 0);
        End = 0;
    }

    public void Delete()
    {
        Dispose();
        Quietly(() => File.Delete(Path));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>For what is only tidying up.</summary>
    public static void Quietly(Action work)
    {
        try
        {
            work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A later start finds it and tries again.
        }
    }
}
