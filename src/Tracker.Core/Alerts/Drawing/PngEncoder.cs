using System.Buffers.Binary;
using System.IO.Compression;

namespace Tracker.Core.Alerts.Drawing;

/// <summary>Writes a picture as PNG (ISO/IEC 15948): 8 bits a channel, truecolour, each row filtered by the one above it, which flat areas compress best with.</summary>
public static class PngEncoder
{
    private static readonly uint[] Table = MakeTable();

    public static byte[] Encode(Canvas picture)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        (header[8], header[9], header[10], header[11], header[12]) = (8, 2, 0, 0, 0);
        Chunk(png, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var stride = picture.Width * 3;
            var row = new byte[stride + 1];
            row[0] = 2; // Filter "up".
            for (var y = 0; y < picture.Height; y++)
            {
                var line = picture.Pixels.Slice(y * stride, stride);
                for (var at = 0; at < stride; at++) row[at + 1] = (byte)(line[at] - (y == 0 ? 0 : picture.Pixels[((y - 1) * stride) + at]));
                zlib.Write(row);
            }
        }
        Chunk(png, "IDAT"u8, packed.ToArray());
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        png.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var b in data) crc = Table[(crc ^ b) & 0xff] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}
