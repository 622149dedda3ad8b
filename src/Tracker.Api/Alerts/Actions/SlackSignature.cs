using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tracker.Api.Alerts;

/// <summary>Slack's signature of what it sends: <c>v0=</c> and hex of HMAC-SHA256 over <c>v0:timestamp:body</c>, with the app's signing secret.</summary>
internal static class SlackSignature
{
    public static bool Verifies(string secret, string timestamp, string signature, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan window)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || Math.Abs(now.ToUnixTimeSeconds() - seconds) > window.TotalSeconds) return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes($"v0:{timestamp}:"));
        hmac.AppendData(body);
        var expected = "v0=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(signature));
    }
}
