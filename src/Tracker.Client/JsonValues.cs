using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Client;

/// <summary>Writes what users put into a config or an event, without reflection.</summary>
internal static class JsonValues
{
    private const int DeepestNesting = 32;

    public static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> values) => WriteObject(json, values, 0);

    /// <summary>JSON has no NaN: non-finite numbers are the strings that the server reads.</summary>
    public static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
    }

    private static void WriteObject(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> values, int depth)
    {
        json.WriteStartObject();
        foreach (var (name, value) in values)
        {
            json.WritePropertyName(name);
            Write(json, value, depth + 1);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object? value, int depth)
    {
        // A list that holds itself must not end the training.
        if (depth > DeepestNesting)
        {
            json.WriteNullValue();
            return;
        }

        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case double number: Write(json, number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case float number: Write(json, (double)number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case sbyte or byte or short or ushort or int or uint or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case DateTime or DateTimeOffset: json.WriteStringValue(((IFormattable)value).ToString("O", CultureInfo.InvariantCulture)); break;
            case JsonElement element: element.WriteTo(json); break;
            case JsonNode node: node.WriteTo(json); break;
            case IReadOnlyDictionary<string, object?> map: WriteObject(json, map, depth); break;
            case IDictionary map: WriteMap(json, map, depth); break;
            case IEnumerable list: WriteList(json, list, depth); break;
            case IFormattable other: json.WriteStringValue(other.ToString(null, CultureInfo.InvariantCulture)); break;
            default: json.WriteStringValue(value.ToString()); break;
        }
    }

    private static void WriteMap(Utf8JsonWriter json, IDictionary map, int depth)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            json.WritePropertyName(entry.Key.ToString() ?? "");
            Write(json, entry.Value, depth + 1);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, IEnumerable list, int depth)
    {
        json.WriteStartArray();
        foreach (var item in list) Write(json, item, depth + 1);
        json.WriteEndArray();
    }
}
