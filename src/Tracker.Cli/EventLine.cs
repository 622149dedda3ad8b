using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tracker.Core.Diagnosis;

namespace Tracker.Cli;

/// <summary>One diagnosis event as a line of JSON: the contract of <c>tracker diagnose --json</c>.</summary>
internal static class EventLine
{
    public static string Format(string run, DiagnosisEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var diagnosis = e.Diagnosis;
            json.WriteStartObject();
            json.WriteString("run", run);
            json.WriteString("event", Word(e.Kind));
            json.WriteString("diagnosis", diagnosis.Id);
            json.WriteString("cause", diagnosis.Cause);
            json.WriteStartArray("causes");
            foreach (var cause in diagnosis.Causes) json.WriteStringValue(cause.Id);
            if (diagnosis.Causes.Count == 0) json.WriteStringValue(diagnosis.Cause);
            json.WriteEndArray();
            json.WriteString("severity", Word(diagnosis.Severity));
            json.WriteNumber("step", diagnosis.Step);
            json.WriteNumber("onsetStep", diagnosis.OnsetStep);
            json.WriteStartArray("signals");
            foreach (var signal in diagnosis.Signals)
            {
                json.WriteStartObject();
                json.WriteString("id", signal.Id);
                json.WriteString("severity", Word(signal.Severity));
                json.WriteNumber("step", signal.Step);
                json.WriteNumber("onsetStep", signal.OnsetStep);
                json.WriteString("series", signal.Series);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static string Word(Severity severity) => severity switch
    {
        Severity.Info => "info",
        Severity.Warn => "warn",
        Severity.High => "high",
        _ => "crit",
    };

    private static string Word(DiagnosisEventKind kind) => kind switch
    {
        DiagnosisEventKind.Raised => "raised",
        DiagnosisEventKind.Updated => "updated",
        _ => "resolved",
    };
}
