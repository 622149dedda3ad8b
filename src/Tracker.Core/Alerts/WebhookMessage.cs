using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tracker.Core.Alerts;

/// <summary>An alert in the form of Standard Webhooks (https://www.standardwebhooks.com): <c>{type, timestamp, data}</c> and its signature.</summary>
public static class WebhookMessage
{
    /// <summary>What a secret starts with; the rest is base64 of 24 to 64 bytes.</summary>
    public const string SecretPrefix = "whsec_";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body, UTF-8. The same alert always gives the same bytes.</summary>
    public static byte[] Render(Alert alert)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type", alert.Type);
            json.WriteString("timestamp", alert.Timestamp.UtcDateTime);
            json.WritePropertyName("data");
            JsonSerializer.Serialize(json, alert.Data, AlertJson.Readable.AlertMessage);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The value of the header <c>webhook-signature</c>: <c>v1,</c> and base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="unixSeconds">The header <c>webhook-timestamp</c>: when this attempt is made.</param>
    /// <param name="body">The body as sent.</param>
    /// <param name="secret">The bytes of the secret, prefix and base64 taken off.</param>
    public static string Sign(string id, long unixSeconds, ReadOnlySpan<byte> body, byte[] secret)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{unixSeconds}."));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>The bytes of a secret, or null when it is not <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
    public static byte[]? SecretBytes(string secret)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal)) return null;
        var bytes = new byte[64];
        return Convert.TryFromBase64String(secret[SecretPrefix.Length..], bytes, out var length) && length >= 24 ? bytes[..length] : null;
    }
}
