using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Client;

/// <summary>Bodies of the calls beside the batches, as bytes: they are kept on disk as they stand.</summary>
internal static class RunRequests
{
    public static byte[] Create(RunSettings settings) => Object(json =>
    {
        var options = settings.Options;
        json.WriteString("project"u8, settings.Project);
        json.WriteString("id"u8, settings.Id);
        json.WriteString("resume"u8, settings.Joins ? "allow"u8 : settings.Resume switch
        {
            TrackerResume.Never => "never"u8,
            TrackerResume.Must => "must"u8,
            _ => "allow"u8,
        });
        WriteText(json, "name", options.Name);
        WriteText(json, "group", options.Group);
        WriteText(json, "jobType", options.JobType);
        WriteText(json, "notes", options.Notes);
        WriteText(json, "reference", options.Reference);
        WriteTags(json, options.Tags);
        json.WritePropertyName("config"u8);
        JsonValues.Write(json, options.Config ?? new Dictionary<string, object?>());
    });

    /// <summary>The same, going on with a run that is there: what is sent after an answer was lost, or by another process.</summary>
    /// <param name="create">The first request.</param>
    /// <param name="keepMust">A run that has to be there still has to be.</param>
    public static byte[] CreateAgain(byte[] create, bool keepMust)
    {
        var body = JsonNode.Parse(create)!.AsObject();
        var resume = body["resume"]?.GetValue<string>();
        if (resume == "allow" || (keepMust && resume == "must")) return create;
        body["resume"] = "allow";
        return Object(json =>
        {
            foreach (var (name, value) in body)
            {
                json.WritePropertyName(name);
                if (value is null) json.WriteNullValue();
                else value.WriteTo(json);
            }
        });
    }

    public static byte[] Finish(string run, TrackerFinishState state, int? exitCode) => Request("POST"u8, $"/runs/{run}/finish", json =>
    {
        json.WriteString("state"u8, state switch
        {
            TrackerFinishState.Failed => "failed"u8,
            TrackerFinishState.Killed => "killed"u8,
            _ => "finished"u8,
        });
        if (exitCode is { } code) json.WriteNumber("exitCode"u8, code);
    });

    public static byte[] Update(string run, TrackerRunUpdate update) => Request("PATCH"u8, $"/runs/{run}", json =>
    {
        WriteText(json, "name", update.Name);
        WriteText(json, "group", update.Group);
        WriteText(json, "notes", update.Notes);
        WriteText(json, "reference", update.Reference);
        WriteTags(json, update.Tags);
        if (update.Config is not { } config) return;
        json.WritePropertyName("config"u8);
        JsonValues.Write(json, config);
    });

    /// <summary>What <see cref="Finish"/> and <see cref="Update"/> wrote, or another client; an empty path where it is none of these.</summary>
    public static (HttpMethod Method, string Path, byte[] Body) Parse(byte[] request)
    {
        try
        {
            using var json = JsonDocument.Parse(request);
            var root = json.RootElement;
            var body = root.TryGetProperty("body", out var given) && given.ValueKind == JsonValueKind.Object ? given.GetRawText() : "{}";
            return (new HttpMethod(root.GetProperty("method").GetString()!), root.GetProperty("path").GetString()!, System.Text.Encoding.UTF8.GetBytes(body));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException)
        {
            return (HttpMethod.Post, "", []);
        }
    }

    private static byte[] Request(ReadOnlySpan<byte> method, string path, Action<Utf8JsonWriter> body)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("method"u8, method);
            json.WriteString("path"u8, path);
            json.WriteStartObject("body"u8);
            body(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Object(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }

    private static void WriteTags(Utf8JsonWriter json, IReadOnlyList<string>? tags)
    {
        if (tags is null) return;
        json.WriteStartArray("tags"u8);
        foreach (var tag in tags) json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
