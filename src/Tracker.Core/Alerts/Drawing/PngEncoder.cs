using System.Buffers.Binary;
using System.IO.Compression;

namespace Tracker.Core.Alerts.Drawing;

/// <summary>
/// Writes a picture as PNG (ISO/IEC 15948): a byte a pixel with a palette where it has at most 256 colours, as small pictures of curves do, else three.
/// </summary>
public static class PngEncoder
{
    private static readonly uint[] Table = MakeTable();

    public static byte[] Encode(Canvas picture)
    {
        var palette = Palette(picture);
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        // Eight bits a sample; truecolour or indexed; the one compression, the one set of filters, no interlacing.
        (header[8], header[9], header[10], header[11], header[12]) = (8, (byte)(palette is null ? 2 : 3), 0, 0, 0);
        Chunk(png, "IHDR"u8, header);
        if (palette is not null) Chunk(png, "PLTE"u8, [.. palette.Keys.SelectMany(colour => new[] { (byte)(colour >> 16), (byte)(colour >> 8), (byte)colour })]);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var y = 0; y < picture.Height; y++) zlib.Write(palette is null ? Row(picture, y) : Row(picture, y, palette));
        }
        Chunk(png, "IDAT"u8, packed.ToArray());
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    /// <summary>The picture's colours in the order of their first pixel, each with its number; null when there are more than 256.</summary>
    private static Dictionary<int, byte>? Palette(Canvas picture)
    {
        var numbers = new Dictionary<int, byte>();
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                if (numbers.ContainsKey(picture[x, y])) continue;
                if (numbers.Count == 256) return null;
                numbers[picture[x, y]] = (byte)numbers.Count;
            }
        }
        return numbers;
    }

    /// <summary>A row of numbers, not filtered: neighbouring numbers mean nothing to each other.</summary>
    private static byte[] Row(Canvas picture, int y, Dictionary<int, byte> palette)
    {
        var row = new byte[picture.Width + 1];
        for (var x = 0; x < picture.Width; x++) row[x + 1] = palette[picture[x, y]];
        return row;
    }

    /// <summary>A row of colours, filtered by the row above.</summary>
    private static byte[] Row(Canvas picture, int y)
    {
        var stride = picture.Width * 3;
        var row = new byte[stride + 1];
        row[0] = 2;
        var line = picture.Pixels.Slice(y * stride, stride);
        for (var at = 0; at < stride; at++) row[at + 1] = (byte)(line[at] - (y == 0 ? 0 : picture.Pixels[((y - 1) * stride) + at]));
        return row;
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
