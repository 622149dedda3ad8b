using System.Buffers.Binary;

namespace Tracker.Client.Spooling;

internal enum SpoolRecordKind : ushort
{
    /// <summary>The body of a log call.</summary>
    Batch = 1,

    /// <summary>Another call: <c>{"method", "path", "body"}</c>.</summary>
    Request = 2,
}

/// <summary>
/// A record's header, 24 bytes, little endian: length and CRC-32 of the payload, kind, two bytes of nothing, number of the batch,
/// its points. The payload follows. <c>docs/spool.md</c> has the whole format.
/// </summary>
internal readonly record struct SpoolRecord(SpoolRecordKind Kind, long Number, int Points, int Length, uint Check)
{
    public const int HeaderBytes = 24;

    // Above the server's limit for a body, so anything longer is no record.
    private const int LongestPayload = 64 * 1024 * 1024;

    public static SpoolRecord For(SpoolRecordKind kind, long number, int points, ReadOnlySpan<byte> payload) =>
        new(kind, number, points, payload.Length, Crc32.Of(payload));

    /// <summary>False where the bytes cannot be a header: a tail that was torn off, or zeros.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out SpoolRecord record)
    {
        record = default;
        if (header.Length < HeaderBytes) return false;
        record = new SpoolRecord(
            (SpoolRecordKind)BinaryPrimitives.ReadUInt16LittleEndian(header[8..]),
            (long)BinaryPrimitives.ReadUInt64LittleEndian(header[12..]),
            (int)BinaryPrimitives.ReadUInt32LittleEndian(header[20..]),
            (int)BinaryPrimitives.ReadUInt32LittleEndian(header),
            BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));
        return record is { Kind: SpoolRecordKind.Batch or SpoolRecordKind.Request, Length: > 0 and <= LongestPayload, Number: >= 0, Points: >= 0 };
    }

    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Check);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], (ushort)Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header[12..], (ulong)Number);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)Points);
    }
}

/// <summary>Where a record's payload lies.</summary>
internal sealed record SpoolPlace(SpoolSegment Segment, long Offset, SpoolRecord Record);
