namespace Tracker.Core.Alerts.Drawing;

/// <summary>A small picture: 24 bits a pixel, what is drawn is mixed with what is there. Coordinates are pixels from the upper left corner, pixel centres at .5.</summary>
public sealed class Canvas
{
    private readonly byte[] pixels;

    /// <param name="width">Width in pixels, 1–4,096.</param>
    /// <param name="height">Height in pixels, 1–4,096.</param>
    /// <param name="background">Colour, 0xRRGGBB.</param>
    public Canvas(int width, int height, int background)
    {
        if (width is < 1 or > 4096) throw new ArgumentOutOfRangeException(nameof(width), width, "1-4,096");
        if (height is < 1 or > 4096) throw new ArgumentOutOfRangeException(nameof(height), height, "1-4,096");
        (Width, Height) = (width, height);
        pixels = new byte[width * height * 3];
        Fill(0, 0, width, height, background, 1);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Rows from the top, three bytes a pixel: red, green, blue.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>The colour of a pixel, 0xRRGGBB.</summary>
    public int this[int x, int y]
    {
        get
        {
            var at = ((y * Width) + x) * 3;
            return (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
        }
    }

    /// <summary>Mixes a colour into a pixel; outside the picture nothing happens.</summary>
    /// <param name="x">Column.</param>
    /// <param name="y">Row.</param>
    /// <param name="colour">0xRRGGBB.</param>
    /// <param name="cover">How much of the pixel it covers, 0–1.</param>
    public void Mix(int x, int y, int colour, double cover)
    {
        if (cover <= 0 || (uint)x >= (uint)Width || (uint)y >= (uint)Height) return;
        cover = Math.Min(cover, 1);
        var at = ((y * Width) + x) * 3;
        for (var part = 0; part < 3; part++)
        {
            var wanted = (colour >> (16 - (8 * part))) & 0xff;
            pixels[at + part] = (byte)Math.Round(pixels[at + part] + ((wanted - pixels[at + part]) * cover));
        }
    }

    /// <summary>A rectangle, edges at whole pixels.</summary>
    public void Fill(int x, int y, int width, int height, int colour, double cover)
    {
        for (var row = Math.Max(0, y); row < Math.Min(Height, y + height); row++)
        {
            for (var column = Math.Max(0, x); column < Math.Min(Width, x + width); column++) Mix(column, row, colour, cover);
        }
    }

    /// <summary>A line with round ends whose edges are smooth: a pixel is covered as far as its centre lies within the line.</summary>
    public void Line(double x1, double y1, double x2, double y2, double thickness, int colour, double cover = 1)
    {
        var half = thickness / 2;
        var (dx, dy) = (x2 - x1, y2 - y1);
        var squared = (dx * dx) + (dy * dy);
        var (left, right) = ((int)Math.Floor(Math.Min(x1, x2) - half - 1), (int)Math.Ceiling(Math.Max(x1, x2) + half + 1));
        var (top, bottom) = ((int)Math.Floor(Math.Min(y1, y2) - half - 1), (int)Math.Ceiling(Math.Max(y1, y2) + half + 1));
        for (var y = Math.Max(0, top); y < Math.Min(Height, bottom); y++)
        {
            for (var x = Math.Max(0, left); x < Math.Min(Width, right); x++)
            {
                var (px, py) = (x + 0.5 - x1, y + 0.5 - y1);
                var along = squared == 0 ? 0 : Math.Clamp(((px * dx) + (py * dy)) / squared, 0, 1);
                var (ox, oy) = (px - (along * dx), py - (along * dy));
                // Eight shades are smooth to the eye, and few colours make a small file.
                var inside = Math.Clamp(half + 0.5 - Math.Sqrt((ox * ox) + (oy * oy)), 0, 1);
                Mix(x, y, colour, Math.Round(inside * 8) / 8 * cover);
            }
        }
    }

    /// <summary>A line along a row or column, in dashes.</summary>
    public void Dashes(double x1, double y1, double x2, double y2, int colour, double cover)
    {
        var length = Math.Sqrt(((x2 - x1) * (x2 - x1)) + ((y2 - y1) * (y2 - y1)));
        for (var at = 0.0; at < length; at += 7)
        {
            var (from, to) = (at / length, Math.Min(at + 4, length) / length);
            Line(x1 + ((x2 - x1) * from), y1 + ((y2 - y1) * from), x1 + ((x2 - x1) * to), y1 + ((y2 - y1) * to), 1, colour, cover);
        }
    }

    /// <summary>A triangle whose tip points down: where a value is not a number.</summary>
    public void Triangle(double x, double y, double size, int colour)
    {
        for (var row = 0; row < size; row++)
        {
            var half = (size - row) / 2;
            Line(x - half, y + row, x + half, y + row, 1, colour);
        }
    }

    /// <summary>Text in the small font; what the font lacks is drawn as a question mark.</summary>
    /// <returns>The column after the last letter.</returns>
    public int Text(int x, int y, string text, int colour, int scale = 1)
    {
        foreach (var letter in text)
        {
            var columns = Font.Columns(letter);
            for (var column = 0; column < Font.Width; column++)
            {
                for (var row = 0; row < Font.Height; row++)
                {
                    if ((columns[column] >> row & 1) != 0) Fill(x + (column * scale), y + (row * scale), scale, scale, colour, 1);
                }
            }
            x += Font.Advance * scale;
        }
        return x;
    }
}
