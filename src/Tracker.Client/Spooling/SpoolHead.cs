using System.Buffers;
using System.Text.Json;

namespace Tracker.Client.Spooling;

/// <summary>Whose spool it is: the file <c>head.json</c>. No key is kept; whoever sends the rest brings its own.</summary>
/// <param name="Writer">Whose numbers the batches have.</param>
/// <param name="Run">Id of the run.</param>
/// <param name="Url">The server it was meant for.</param>
/// <param name="Create">Body of the call that creates the run.</param>
/// <param name="IsOffline">Sent only when somebody asks for it.</param>
internal sealed record SpoolHead(string Writer, string Run, string Url, byte[] Create, bool IsOffline)
{
    private const int Format = 1;

    public void Write(string path)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("format"u8, Format);
            json.WriteString("writer"u8, Writer);
            json.WriteString("run"u8, Run);
            json.WriteString("url"u8, Url);
            json.WriteString("mode"u8, IsOffline ? "offline"u8 : "online"u8);
            json.WritePropertyName("create"u8);
            json.WriteRawValue(Create, skipInputValidation: true);
            json.WriteEndObject();
        }

        File.WriteAllBytes(path, bytes.WrittenSpan.ToArray());
    }

    /// <summary>Null where the file is missing, or of another format.</summary>
    public static SpoolHead? Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var head = json.RootElement;
            if (head.GetProperty("format").GetInt32() != Format || head.GetProperty("create").ValueKind != JsonValueKind.Object) return null;
            var create = head.GetProperty("create");
            var run = Text(head, "run") ?? Text(create, "id");
            var writer = Text(head, "writer");
            return run is null || writer is null
                ? null
                : new SpoolHead(writer, run, Text(head, "url") ?? "", JsonSerializerBytes(create), Text(head, "mode") == "offline");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] JsonSerializerBytes(JsonElement element) => System.Text.Encoding.UTF8.GetBytes(element.GetRawText());
}
