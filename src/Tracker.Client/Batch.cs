using System.Text.Json;
using Tracker.Client.Spooling;

namespace Tracker.Client;

/// <summary>
/// What is sent at once: who numbered it, its number, and the JSON that goes over the wire, the same however often it has to be sent.
/// Of kind request it is a call beside the batches, <c>{"method", "path", "body"}</c>, without a number.
/// </summary>
internal sealed record Batch(SpoolRecordKind Kind, string Writer, long Number, byte[] Json, int Count)
{
    /// <summary>Holds nothing but its number: stands in for a batch that was refused, so that those after it need no other numbers.</summary>
    public bool IsFiller { get; init; }

    public static byte[] Filler(string writer, long number) => System.Text.Encoding.UTF8.GetBytes($$"""{"writer":"{{writer}}","batch":{{number}}}""");

    /// <summary>The same content under another number: for the rare case that the server and this writer no longer agree.</summary>
    public static byte[] Renumbered(byte[] batch, string writer, long number)
    {
        using var content = JsonDocument.Parse(batch);
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

        return bytes.ToArray();
    }
}
