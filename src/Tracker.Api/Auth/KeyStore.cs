using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Keys in the database. The secret is given back once, when it is made.</summary>
public sealed class KeyStore(NpgsqlDataSource database, AccessBook book, TimeProvider clock)
{
    private const string Columns = """
        select k.key_id, k.prefix, k.name, k.scopes, p.name, u.email, k.created_by, k.created_at, k.expires_at, k.revoked_at, s.used_at, s.address
        from api_keys k left join projects p using (project_key) left join users u using (user_key) left join key_uses s using (key_id)
        """;

    /// <param name="name">What it is for.</param>
    /// <param name="scopes">Of <see cref="RightNames.Scopes"/>.</param>
    /// <param name="project">Key of the one project it is good for; null for all.</param>
    /// <param name="owner">The person whose rights bound it; null for nobody.</param>
    /// <param name="by">Who made it.</param>
    /// <param name="expires">When it ends; null for never.</param>
    /// <returns>Its id and the secret.</returns>
    public async Task<(long Id, string Secret)> CreateAsync(string name, IReadOnlyList<string> scopes, long? project, long? owner, string by, DateTimeOffset? expires, CancellationToken cancel)
    {
        var secret = Secrets.New(Secrets.KeyPrefix);
        var id = await InsertAsync(secret, name, scopes, project, owner, by, expires, cancel);
        await book.RefreshAsync(cancel);
        return (id!.Value, secret);
    }

    /// <summary>Makes sure that the key of <c>TRACKER_ADMIN_KEY_FILE</c> is there. One that was revoked stays so.</summary>
    public Task KeepAdminAsync(string secret, CancellationToken cancel) => InsertAsync(secret, "admin key file", ["admin"], null, null, StartCheck.AdminKeyFile, null, cancel);

    /// <summary>Keys of a person, of some projects, or, with neither, all.</summary>
    public async Task<IReadOnlyList<KeyDto>> ListAsync(long? owner, long[]? projects, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Columns} where ($1::bigint is null and $2::bigint[] is null) or k.user_key = $1 or k.project_key = any ($2) order by k.key_id desc");
        command.Parameters.Add(Number(owner));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)projects ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return await ReadAsync(command, cancel);
    }

    public async Task<KeyDto?> FindAsync(long id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Columns} where k.key_id = $1");
        command.Parameters.AddWithValue(id);
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>Ends a key at once on this node, within seconds on the others. False when there is no such key that is good.</summary>
    public async Task<bool> RevokeAsync(long id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update api_keys set revoked_at = $2 where key_id = $1 and revoked_at is null");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        var done = await command.ExecuteNonQueryAsync(cancel) > 0;
        await book.RefreshAsync(cancel);
        return done;
    }

    /// <summary>The key of a project of this name, made when it is not there: a key may be made before the first run.</summary>
    public async Task<long> EnsureProjectAsync(string name, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            with made as (insert into projects (name) values ($1) on conflict (name) do nothing returning project_key),
                 counter as (insert into project_counters (project_key) select project_key from made on conflict do nothing)
            select project_key from made union all select project_key from projects where name = $1
            """);
        command.Parameters.AddWithValue(name);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<long?> InsertAsync(string secret, string name, IReadOnlyList<string> scopes, long? project, long? owner, string by, DateTimeOffset? expires, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into api_keys (hash, prefix, name, scopes, project_key, user_key, created_by, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (hash) do nothing returning key_id
            """);
        command.Parameters.AddWithValue(SecretHash.Of(secret).ToArray());
        command.Parameters.AddWithValue(Secrets.Shown(secret));
        command.Parameters.AddWithValue(name);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. scopes] });
        command.Parameters.Add(Number(project));
        command.Parameters.Add(Number(owner));
        command.Parameters.AddWithValue(by);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)expires?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return await command.ExecuteScalarAsync(cancel) as long?;
    }

    private static async Task<IReadOnlyList<KeyDto>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var keys = new List<KeyDto>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            keys.Add(new KeyDto
            {
                Id = $"{reader.GetInt64(0)}",
                Prefix = reader.GetString(1),
                Name = reader.GetString(2),
                Scopes = reader.GetFieldValue<string[]>(3),
                Project = Text(reader, 4),
                Owner = Text(reader, 5),
                CreatedBy = reader.GetString(6),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(7),
                ExpiresAt = Moment(reader, 8),
                RevokedAt = Moment(reader, 9),
                LastUsedAt = Moment(reader, 10),
                LastUsedFrom = Text(reader, 11),
            });
        }

        return keys;
    }

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Moment(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
