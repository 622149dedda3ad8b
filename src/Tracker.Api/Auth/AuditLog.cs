using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Auth;

/// <summary>What a handler adds to the audit row of its call.</summary>
public sealed record AuditNote(string? Action, string? Target, object? Detail);

/// <summary>Who did what: every call that changed something by the right to write or to administrate, sign-ins, and what handlers note besides.</summary>
public sealed class AuditLog(NpgsqlDataSource database)
{
    public async Task WriteAsync(string actor, string? address, string action, long? project, string? target, object? detail, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("insert into audit (actor, address, action, project_key, target, detail) values ($1, $2, $3, $4, $5, $6)");
        command.Parameters.AddWithValue(actor);
        command.Parameters.Add(Text(address));
        command.Parameters.AddWithValue(action);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)project ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(Text(target));
        command.Parameters.Add(new NpgsqlParameter { Value = detail is null ? DBNull.Value : JsonSerializer.Serialize(detail, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

public static class AuditNotes
{
    /// <summary>Says more of this call than its route does: by default the action is the route and the target its value.</summary>
    public static void Audit(this HttpContext http, string? action = null, string? target = null, object? detail = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        http.Features.Set(new AuditNote(action, target, detail));
    }
}
