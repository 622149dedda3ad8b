using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tracker.Core.Diagnosis;

namespace Tracker.Core.Alerts;

/// <summary>The JSON of alerts: what the store keeps and what a webhook receives.</summary>
[JsonSerializable(typeof(AlertMessage))]
public sealed partial class AlertJson : JsonSerializerContext
{
    /// <summary>Leaves letters and signs outside ASCII as they are; the bodies are never put into HTML.</summary>
    public static AlertJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>Severities in lower case: <c>info warn high crit</c>.</summary>
public sealed class SeverityConverter() : JsonStringEnumConverter<Severity>(JsonNamingPolicy.CamelCase);
