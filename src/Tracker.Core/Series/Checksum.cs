using System.Numerics;
using System.Runtime.InteropServices;

namespace Tracker.Core.Series;

/// <summary>CRC-32C (Castagnoli), the last four bytes of every record: bytes that changed on the way are told, not drawn.</summary>
internal static class Checksum
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        foreach (var value in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
