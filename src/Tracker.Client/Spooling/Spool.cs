using System.Globalization;

namespace Tracker.Client.Spooling;

/// <summary>
/// What a run has not yet got acknowledged, on disk: a folder with a lock, a head, and segments of records. Appending does not force the
/// disk: the death of the process loses nothing that was appended, the death of the machine perhaps its last seconds.
/// Whoever holds the lock alone reads, sends and removes. Safe for several threads.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const long SegmentBytes = 4 * 1024 * 1024;
    private const string HeadName = "head.json";
    private const string LockName = "lock";

    private readonly Lock _gate = new();
    private readonly List<SpoolSegment> _segments = [];
    private readonly FileStream _lock;
    private readonly long _limit;
    private int _lastSegment;
    private long _bytes;
    private bool _isGone;

    private Spool(string folder, SpoolHead head, FileStream locked, long limit) => (Folder, Head, _lock, _limit) = (folder, head, locked, limit);

    public string Folder { get; }

    public SpoolHead Head { get; }

    /// <summary>On disk and not acknowledged.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    /// <summary>A new spool in <paramref name="parent"/>.</summary>
    /// <exception cref="IOException">It cannot be written there.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static Spool Create(string parent, SpoolHead head, long limit)
    {
        var folder = Path.Combine(parent, head.Writer);
        Directory.CreateDirectory(parent);
        // What was logged, and the config, may be private.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var locked = Hold(folder);
        // The head last: without it nobody takes the folder for a spool, and with it the lock is held already.
        head.Write(Path.Combine(folder, HeadName));
        return new Spool(folder, head, locked, limit);
    }

    /// <summary>A spool that its process left behind; null where that lives, where somebody else sends it, or where this is none.</summary>
    public static Spool? TryTake(string folder)
    {
        if (!File.Exists(Path.Combine(folder, HeadName))) return null;
        FileStream? locked = null;
        try
        {
            locked = Hold(folder);
            // Again, under the lock: its holder may have just finished and removed it.
            if (SpoolHead.Read(Path.Combine(folder, HeadName)) is { } head) return new Spool(folder, head, locked, 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Held.
        }

        locked?.Dispose();
        return null;
    }

    /// <summary>The spools in a folder, the oldest first; the folder itself where it is one.</summary>
    public static IReadOnlyList<string> Find(string parent)
    {
        if (File.Exists(Path.Combine(parent, HeadName))) return [parent];
        if (!Directory.Exists(parent)) return [];
        return
        [
            .. Directory.EnumerateDirectories(parent).Select(folder => new FileInfo(Path.Combine(folder, HeadName)))
                .Where(head => head.Exists).OrderBy(head => head.LastWriteTimeUtc).Select(head => head.DirectoryName!),
        ];
    }

    public static SpoolHead? HeadOf(string folder) => SpoolHead.Read(Path.Combine(folder, HeadName));

    /// <summary>The records of a spool that was taken, in order.</summary>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public List<SpoolPlace> ReadAll()
    {
        lock (_gate)
        {
            var places = new List<SpoolPlace>();
            foreach (var path in Directory.GetFiles(Folder, "*.log").Order(StringComparer.Ordinal))
            {
                var segment = new SpoolSegment(path);
                _segments.Add(segment);
                places.AddRange(segment.ReadAll());
                _bytes += segment.End;
            }

            return places;
        }
    }

    /// <summary>Null where there is no room, by the limit or by the disk: the caller keeps it in memory.</summary>
    public SpoolPlace? Append(SpoolRecordKind kind, long number, int points, ReadOnlySpan<byte> payload, out string? trouble)
    {
        trouble = null;
        lock (_gate)
        {
            if (_isGone) return null;
            var size = SpoolRecord.HeaderBytes + payload.Length;
            if (_bytes + size > _limit)
            {
                trouble = $"the spool {Folder} has reached its limit of {_limit / (1024 * 1024)} MiB";
                return null;
            }

            try
            {
                if (_segments.Count == 0 || _segments[^1].End >= SegmentBytes)
                    _segments.Add(new SpoolSegment(Path.Combine(Folder, (++_lastSegment).ToString("D8", CultureInfo.InvariantCulture) + ".log")));
                var place = _segments[^1].Append(SpoolRecord.For(kind, number, points, payload), payload);
                _bytes += size;
                return place;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                trouble = $"the spool cannot be written: {error.Message}";
                return null;
            }
        }
    }

    /// <summary>The payload; null where it can no longer be read.</summary>
    public byte[]? Read(SpoolPlace place)
    {
        lock (_gate)
        {
            try
            {
                return place.Segment.Read(place);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    /// <summary>The record is not needed any more. A segment without needed ones goes, or is emptied where more will be written to it.</summary>
    public void Acknowledge(SpoolPlace place)
    {
        lock (_gate)
        {
            place.Segment.Acknowledge();
            if (_isGone || place.Segment.Waiting > 0) return;
            _bytes -= place.Segment.End;
            if (place.Segment == _segments[^1])
            {
                SpoolSegment.Quietly(place.Segment.Empty);
                return;
            }

            _segments.Remove(place.Segment);
            place.Segment.Delete();
        }
    }

    /// <summary>Removes it, wholly acknowledged or given up.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            if (_isGone) return;
            // The head first: without it nobody takes the rest for a spool.
            SpoolSegment.Quietly(() => File.Delete(Path.Combine(Folder, HeadName)));
            foreach (var segment in _segments) segment.Delete();
            Leave();
            SpoolSegment.Quietly(() => Directory.Delete(Folder, recursive: true));
        }
    }

    /// <summary>Lets go of it as it is, for the next process.</summary>
    public void Dispose()
    {
        lock (_gate) Leave();
    }

    private void Leave()
    {
        if (_isGone) return;
        _isGone = true;
        foreach (var segment in _segments) segment.Dispose();
        _lock.Dispose();
    }

    // On Unix FileShare.None is flock, which the Python client uses too; the system gives it back however its holder dies.
    private static FileStream Hold(string folder) => new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
