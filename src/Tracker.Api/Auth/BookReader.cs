using Npgsql;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Reads the whole book in one snapshot of the database.</summary>
internal static class BookReader
{
    private const string Sql = """
        select version from access_state;
        select hash, key_id, name, scopes, project_key, user_key, expires_at, revoked_at from api_keys;
        select user_key, project_key, role from memberships;
        select user_key, email, name, role, disabled_at is not null from users;
        select hash, share_id, project_key, run_key, expires_at, revoked_at from shares where revoked_at is null;
        """;

    public static async Task<Book> ReadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using var command = new NpgsqlCommand(Sql, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var version = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var (keys, keysById) = (new Dictionary<SecretHash, KeyEntry>(), new Dictionary<long, KeyEntry>());
        while (await reader.ReadAsync(cancel))
        {
            var key = new KeyEntry(reader.GetInt64(1), reader.GetString(2), RightNames.OfScopes(reader.GetFieldValue<string[]>(3)), Number(reader, 4), Number(reader, 5), Moment(reader, 6), Moment(reader, 7));
            keys[SecretHash.Read(reader.GetFieldValue<byte[]>(0))] = keysById[key.Id] = key;
        }

        await reader.NextResultAsync(cancel);
        var projects = new Dictionary<long, Dictionary<long, Rights>>();
        while (await reader.ReadAsync(cancel))
        {
            if (!projects.TryGetValue(reader.GetInt64(0), out var of)) projects[reader.GetInt64(0)] = of = [];
            of[reader.GetInt64(1)] = RightNames.OfRole(reader.GetString(2));
        }

        await reader.NextResultAsync(cancel);
        var (users, byEmail) = (new Dictionary<long, UserEntry>(), new Dictionary<string, UserEntry>(StringComparer.OrdinalIgnoreCase));
        while (await reader.ReadAsync(cancel))
        {
            var key = reader.GetInt64(0);
            var user = new UserEntry(key, reader.GetString(1), reader.GetString(2), RightNames.OfRole(reader.IsDBNull(3) ? null : reader.GetString(3)), reader.GetBoolean(4), projects.GetValueOrDefault(key) ?? []);
            users[key] = byEmail[user.Email] = user;
        }

        await reader.NextResultAsync(cancel);
        var shares = new Dictionary<SecretHash, ShareEntry>();
        while (await reader.ReadAsync(cancel))
        {
            shares[SecretHash.Read(reader.GetFieldValue<byte[]>(0))] = new ShareEntry(reader.GetInt64(1), reader.GetInt64(2), Number(reader, 3), Moment(reader, 4), Moment(reader, 5));
        }

        return new Book { Version = version, Keys = keys, KeysById = keysById, Users = users, UsersByEmail = byEmail, Shares = shares };
    }

    private static long? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static DateTimeOffset? Moment(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
