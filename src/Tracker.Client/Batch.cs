using System.IO.Compression;
using System.Text.Json;

namespace Tracker.Client;

/// <summary>
/// What is sent at once: its number, who numbered it, and the very bytes that go over the wire however often they have to be sent.
/// </summary>
internal sealed record Batch(string Writer, long Number, byte[] Body, bool IsGzip, int Count)
{
    // Below this the server's work to unpack outweighs the bytes saved.
    private const int WorthPacking = 4 * 1024;

    public static Batch From(ReadOnlySpan<byte> json, string writer, long number, int count)
    {
        if (json.Length < WorthPacking) return new Batch(writer, number, json.ToArray(), false, count);
        var packed = new MemoryStream(json.Length / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(json);
        return new Batch(writer, number, packed.ToArray(), true, count);
    }

    /// <summary>The same content under another number: for the rare case that the server and this writer no longer agree.</summary>
    public Batch RenumberedFor(string writer, long number)
    {
        using var content = JsonDocument.Parse(Unpacked());
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("writer"u8, writer);
            json.WriteNumber("batch"u8, number);
            foreach (var property in content.RootElement.EnumerateObject())
            {
                if (!property.NameEquals("writer"u8) && !property.NameEquals("batch"u8)) property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return From(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), writer, number, Count);
    }

    private Stream Unpacked() => IsGzip ? new GZipStream(new MemoryStream(Body), CompressionMode.Decompress) : new MemoryStream(Body);
}
