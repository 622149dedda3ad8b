using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tracker.Api.Storage;

/// <summary>How diagnoses are written, in the tables and on the wire: severities and states in lower case, evidence that is not finite as a string.</summary>
public static class DiagnosisJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
