namespace Tracker.Client.Spooling;

/// <summary>The CRC-32 of zlib, gzip and PNG (reflected polynomial 0xEDB88320), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[][] s_tables = Tables();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var (t0, t1, t2, t3, t4, t5, t6, t7) = (s_tables[0], s_tables[1], s_tables[2], s_tables[3], s_tables[4], s_tables[5], s_tables[6], s_tables[7]);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc ^= (uint)(bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24));
            crc = t7[crc & 255] ^ t6[(crc >> 8) & 255] ^ t5[(crc >> 16) & 255] ^ t4[crc >> 24] ^ t3[bytes[4]] ^ t2[bytes[5]] ^ t1[bytes[6]] ^ t0[bytes[7]];
        }

        foreach (var value in bytes) crc = t0[(crc ^ value) & 255] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[][] Tables()
    {
        var tables = new uint[8][];
        for (var k = 0; k < tables.Length; k++) tables[k] = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            tables[0][i] = crc;
        }

        for (var k = 1; k < tables.Length; k++)
        {
            for (var i = 0; i < 256; i++) tables[k][i] = tables[0][tables[k - 1][i] & 255] ^ (tables[k - 1][i] >> 8);
        }

        return tables;
    }
}
