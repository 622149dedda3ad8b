using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Alerts;

/// <summary>What of a channel may be shown.</summary>
public sealed record ChannelSettings
{
    /// <summary>Slack: id or name of the room.</summary>
    public string? Room { get; init; }

    /// <summary>Host of the address, which itself is a secret.</summary>
    public string? Host { get; init; }

    public int? Port { get; init; }

    public string? User { get; init; }

    public SmtpSecurity? Security { get; init; }

    public string? From { get; init; }

    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Until when the webhook's earlier secret signs too.</summary>
    public DateTimeOffset? EarlierSecretUntil { get; init; }
}

/// <summary>What of a channel is never shown again.</summary>
public sealed record ChannelSecrets
{
    public string? Url { get; init; }

    public string? Token { get; init; }

    public string? SigningSecret { get; init; }

    public string? Secret { get; init; }

    public string? EarlierSecret { get; init; }

    public string? Password { get; init; }

    /// <summary>Names of those that are set, as the API calls them.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            (string Name, string? Value)[] all = [("url", Url), ("token", Token), ("signingSecret", SigningSecret), ("secret", Secret), ("password", Password)];
            return [.. all.Where(secret => !string.IsNullOrEmpty(secret.Value)).Select(secret => secret.Name)];
        }
    }
}

/// <summary>A channel as it is stored.</summary>
public sealed record StoredChannel(string Id, string Name, string Kind, bool Enabled, string? DisabledReason, ChannelSettings Settings, ChannelSecrets Secrets, ChannelPolicy Policy)
{
    /// <summary>False when its secrets cannot be read: the keys that encrypted them are gone.</summary>
    public bool IsReadable { get; init; } = true;

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Channels that people manage. Secrets are encrypted before they reach the database and leave it only for a request.</summary>
public sealed class ChannelStore(NpgsqlDataSource database, IDataProtectionProvider protection)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly IDataProtector protector = protection.CreateProtector("Tracker.Alerts.Channels");

    public static string NewId() => "ch-" + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 10);

    public async Task<List<StoredChannel>> ListAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select id, name, kind, enabled, disabled_reason, settings::text, secrets, policy::text, created_at from channels order by created_at, id");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<StoredChannel>();
        while (await reader.ReadAsync(cancel))
        {
            var secrets = Unprotect(reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6));
            found.Add(new StoredChannel(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.IsDBNull(4) ? null : reader.GetString(4),
                JsonSerializer.Deserialize<ChannelSettings>(reader.GetString(5), Json)!, secrets ?? new ChannelSecrets(), JsonSerializer.Deserialize<ChannelPolicy>(reader.GetString(7), Json)!)
            {
                IsReadable = secrets is not null,
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(8),
            });
        }

        return found;
    }

    public async Task<StoredChannel?> FindAsync(string id, CancellationToken cancel) => (await ListAsync(cancel)).Find(channel => channel.Id == id);

    public async Task SaveAsync(StoredChannel channel, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into channels (id, name, kind, enabled, disabled_reason, settings, secrets, policy) values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (id) do update set name = excluded.name, enabled = excluded.enabled, disabled_reason = excluded.disabled_reason, settings = excluded.settings,
              secrets = excluded.secrets, policy = excluded.policy, updated_at = now()
            """);
        command.Parameters.AddWithValue(channel.Id);
        command.Parameters.AddWithValue(channel.Name);
        command.Parameters.AddWithValue(channel.Kind);
        command.Parameters.AddWithValue(channel.Enabled);
        command.Parameters.Add(new() { Value = (object?)channel.DisabledReason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(channel.Settings, Json));
        command.Parameters.AddWithValue(protector.Protect(JsonSerializer.SerializeToUtf8Bytes(channel.Secrets, Json)));
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(channel.Policy, Json));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Takes a channel away; what still waits for it is given up as a dead letter.</summary>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancel)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("update outbox set dead_at = now(), last_error = 'the channel was deleted', claimed_until = null where channel = $1 and delivered_at is null and dead_at is null") { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new("delete from channel_states where channel = $1") { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new("delete from channel_messages where channel = $1") { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new("delete from channels where id = $1") { Parameters = { new() { Value = id } } });
        await batch.ExecuteNonQueryAsync(cancel);
        return batch.BatchCommands[^1].RecordsAffected > 0;
    }

    /// <summary>Ends deliveries to a channel whose receiver wants no more, until somebody enables it again.</summary>
    public async Task DisableAsync(string id, string reason, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update channels set enabled = false, disabled_reason = $2, updated_at = now() where id = $1 and enabled");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(reason);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private ChannelSecrets? Unprotect(byte[]? secrets)
    {
        if (secrets is null) return new ChannelSecrets();
        try
        {
            return JsonSerializer.Deserialize<ChannelSecrets>(protector.Unprotect(secrets), Json);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
