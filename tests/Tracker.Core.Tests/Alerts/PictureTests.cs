using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Shouldly;
using Tracker.Core.Alerts.Drawing;
using Xunit;

namespace Tracker.Core.Tests.Alerts;

public sealed class PictureTests
{
    private static readonly Curve Sample = new()
    {
        Title = "train/loss",
        X = [.. Enumerable.Range(0, 100).Select(i => (double)i)],
        Y = [.. Enumerable.Range(0, 100).Select(i => 1.0 / (1 + i))],
        Onset = 60,
        Evidence = (60, 80),
        NonFinite = [95],
    };

    /// <summary>Reads a PNG back, by the standard's text: chunks and their checksums, then rows and their filter.</summary>
    private static (int Width, int Height, byte[] Pixels) Decode(byte[] png)
    {
        png[..8].ShouldBe([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        var (at, width, height, kind, palette, data) = (8, 0, 0, 0, Array.Empty<byte>(), new MemoryStream());
        while (at < png.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var type = Encoding.ASCII.GetString(png, at + 4, 4);
            var crc = uint.MaxValue;
            foreach (var b in png.AsSpan(at + 4, length + 4))
            {
                crc ^= b;
                for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & (uint)-(int)(crc & 1));
            }
            BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)).ShouldBe(~crc);
            if (type == "IHDR") (width, height, kind) = (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 12)), png[at + 17]);
            if (type == "PLTE") palette = png[(at + 8)..(at + 8 + length)];
            if (type == "IDAT") data.Write(png, at + 8, length);
            at += length + 12;
        }

        data.Position = 0;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        zlib.CopyTo(raw);
        var (rows, stride) = (raw.ToArray(), width * 3);
        var pixels = new byte[stride * height];
        if (kind == 3)
        {
            for (var y = 0; y < height; y++)
            {
                rows[y * (width + 1)].ShouldBe((byte)0);
                for (var x = 0; x < width; x++) palette.AsSpan(rows[(y * (width + 1)) + 1 + x] * 3, 3).CopyTo(pixels.AsSpan((y * stride) + (x * 3)));
            }
            return (width, height, pixels);
        }

        kind.ShouldBe(2);
        for (var y = 0; y < height; y++)
        {
            rows[y * (stride + 1)].ShouldBe((byte)2);
            for (var x = 0; x < stride; x++) pixels[(y * stride) + x] = (byte)(rows[(y * (stride + 1)) + 1 + x] + (y == 0 ? 0 : pixels[((y - 1) * stride) + x]));
        }
        return (width, height, pixels);
    }

    [Fact]
    public void A_picture_is_a_valid_PNG_that_holds_what_was_drawn_and_is_small()
    {
        var canvas = CurvePicture.Draw(Sample);
        var png = PngEncoder.Encode(canvas);
        var (width, height, pixels) = Decode(png);
        (width, height).ShouldBe((480, 200));
        pixels.ShouldBe(canvas.Pixels.ToArray());
        png.Length.ShouldBeLessThan(15_000);
    }

    [Fact]
    public void A_picture_of_many_colours_is_written_in_full()
    {
        var canvas = new Canvas(64, 64, 0);
        for (var x = 0; x < 64; x++) for (var y = 0; y < 64; y++) canvas.Mix(x, y, (x << 18) | (y << 10) | 0x55, 1);
        Decode(PngEncoder.Encode(canvas)).Pixels.ShouldBe(canvas.Pixels.ToArray());
    }

    [Fact]
    public void A_restless_curve_still_fits_into_a_card_for_Teams() =>
        CurvePicture.Render(Sample with { X = [.. Enumerable.Range(0, 600).Select(i => (double)i)], Y = [.. Enumerable.Range(0, 600).Select(i => 3.5 + Math.Sin(i * 1.3))] })
            .Length.ShouldBeLessThan(16_000);

    [Fact]
    public void The_evidence_is_tinted_and_what_is_not_finite_is_marked()
    {
        var (marked, plain) = (CurvePicture.Draw(Sample), CurvePicture.Draw(Sample with { Evidence = null, Onset = null, NonFinite = [] }));
        int Red(Canvas canvas, int x, int y) => (canvas[x, y] >> 16) - (canvas[x, y] & 0xff);
        var column = 56 + (int)((470 - 56) * 0.7);
        Red(marked, column, 60).ShouldBeGreaterThan(5);
        Red(plain, column, 60).ShouldBe(0);
        Enumerable.Range(0, 480).Count(x => Red(marked, x, 26) > 100).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Edges_of_lines_are_smooth()
    {
        var canvas = new Canvas(40, 40, 0xFFFFFF);
        canvas.Line(2, 3, 37.3, 24.7, 1.6, 0x000000);
        var shades = Enumerable.Range(0, 40).SelectMany(y => Enumerable.Range(0, 40).Select(x => canvas[x, y] & 0xff)).Distinct().Count();
        shades.ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData(1e300, -1e300)]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(1e-9, 1e9)]
    public void Any_finite_values_can_be_drawn(double first, double second) =>
        Decode(CurvePicture.Render(new Curve { Title = "é 漢字", X = [0, 1], Y = [first, second] })).Width.ShouldBe(480);

    [Fact]
    public void A_curve_without_points_is_an_empty_picture() => Decode(CurvePicture.Render(new Curve { Title = "", X = [], Y = [] })).Height.ShouldBe(200);
}
