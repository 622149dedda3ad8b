using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>
/// Keys in links, that let their holder do one thing to one alert until 30 days after it was written: <c>action.alert.until.signature</c>, the signature
/// HMAC-SHA256 with a key that only the servers know. The same alert has the same links at every attempt.
/// </summary>
public sealed class ActionTokens
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);

    private readonly TimeProvider time;
    private readonly Lazy<byte[]> key;

    public ActionTokens(NpgsqlDataSource database, IDataProtectionProvider protection, TimeProvider time)
    {
        this.time = time;
        key = new Lazy<byte[]>(() => ReadKey(database, protection.CreateProtector("Tracker.Alerts.Links")), LazyThreadSafetyMode.PublicationOnly);
    }

    public string Make(string action, Alert alert)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"{action}.{alert.Id:N}.{(alert.Timestamp + Life).ToUnixTimeSeconds()}");
        return $"{said}.{Sign(said)}";
    }

    /// <summary>What a key allows; null when it is none of ours, or too old.</summary>
    public (string Action, Guid Alert)? Read(string token)
    {
        if (token.Split('.') is not [var action, var alert, var until, var signature]) return null;
        var expected = Encoding.ASCII.GetBytes(Sign($"{action}.{alert}.{until}"));
        if (!CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature))) return null;
        return long.TryParse(until, CultureInfo.InvariantCulture, out var end) && end > time.GetUtcNow().ToUnixTimeSeconds() && Guid.TryParseExact(alert, "N", out var id) ? (action, id) : null;
    }

    private string Sign(string text) =>
        Convert.ToBase64String(HMACSHA256.HashData(key.Value, Encoding.UTF8.GetBytes(text)).AsSpan(0, 18)).Replace('+', '-').Replace('/', '_');

    /// <summary>The one key of all nodes, made by the first that needs it. One that cannot be decrypted is replaced: old links end with it.</summary>
    private static byte[] ReadKey(NpgsqlDataSource database, IDataProtector protector)
    {
        for (var attempt = 0; ; attempt++)
        {
            using (var make = database.CreateCommand("insert into link_keys (id, key) values (1, $1) on conflict do nothing"))
            {
                make.Parameters.AddWithValue(protector.Protect(RandomNumberGenerator.GetBytes(32)));
                make.ExecuteNonQuery();
            }

            using var read = database.CreateCommand("select key from link_keys where id = 1");
            if (read.ExecuteScalar() is not byte[] stored) continue;
            try
            {
                return protector.Unprotect(stored);
            }
            catch (CryptographicException) when (attempt < 2)
            {
                using var drop = database.CreateCommand("delete from link_keys where id = 1 and key = $1");
                drop.Parameters.AddWithValue(stored);
                drop.ExecuteNonQuery();
            }
        }
    }
}
