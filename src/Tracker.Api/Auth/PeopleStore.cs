using Microsoft.AspNetCore.Identity;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>How an attempt to sign in ended.</summary>
/// <param name="User">The person, or null.</param>
/// <param name="RetryAfter">Seconds until the next attempt is looked at, when there were too many wrong ones.</param>
public readonly record struct SignInResult(long? User, int? RetryAfter);

/// <summary>People in the database; passwords by ASP.NET Core Identity's hasher (PBKDF2, SHA-512, 100,000 rounds, a salt each).</summary>
public sealed class PeopleStore(NpgsqlDataSource database, AccessBook book, TimeProvider clock)
{
    /// <summary>Wrong passwords for one account from one address until it has to wait.</summary>
    private const int MostFailures = 5;

    /// <summary>The same from all addresses together: higher, so that nobody is locked out by others so easily.</summary>
    private const int MostFailuresFromAnywhere = 50;

    private static readonly TimeSpan FirstLock = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLock = TimeSpan.FromMinutes(15);

    private readonly PasswordHasher<object> hasher = new();
    private readonly Lazy<string> nobody = new(() => new PasswordHasher<object>().HashPassword(new object(), Secrets.New("")));

    public string Hash(string password) => hasher.HashPassword(this, password);

    /// <summary>Checks a password. It takes as long for an account that does not exist, and wrong attempts count for it, too.</summary>
    public async Task<SignInResult> CheckAsync(string email, string password, string? address, CancellationToken cancel)
    {
        string[] subjects = [$"{email.ToUpperInvariant()} {address}", email.ToUpperInvariant()];
        if (await LockedAsync(subjects, cancel) is { } seconds) return new SignInResult(null, seconds);
        long? user = null;
        string? hash = null;
        await using (var command = database.CreateCommand("select user_key, password_hash from users where lower(email) = lower($1) and disabled_at is null"))
        {
            command.Parameters.AddWithValue(email);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (await reader.ReadAsync(cancel)) (user, hash) = (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1));
        }

        var result = hasher.VerifyHashedPassword(this, hash ?? nobody.Value, password);
        if (user is null || hash is null || result == PasswordVerificationResult.Failed)
        {
            await CountAsync(subjects[0], MostFailures, cancel);
            await CountAsync(subjects[1], MostFailuresFromAnywhere, cancel);
            return default;
        }

        await using var clear = database.CreateCommand("delete from sign_in_failures where subject = any ($1)");
        clear.Parameters.AddWithValue(subjects);
        await clear.ExecuteNonQueryAsync(cancel);
        if (result == PasswordVerificationResult.SuccessRehashNeeded) await SetPasswordAsync(user.Value, password, cancel);
        return new SignInResult(user, null);
    }

    /// <summary>Null when the address of mail is taken.</summary>
    public async Task<long?> CreateAsync(string email, string name, string? password, string? role, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("insert into users (email, name, password_hash, role) values ($1, $2, $3, $4) on conflict (lower(email)) do nothing returning user_key");
        command.Parameters.AddWithValue(email);
        command.Parameters.AddWithValue(name);
        command.Parameters.Add(Text(password is null ? null : Hash(password)));
        command.Parameters.Add(Text(role));
        var user = await command.ExecuteScalarAsync(cancel) as long?;
        await book.RefreshAsync(cancel);
        return user;
    }

    /// <param name="user">The person.</param>
    /// <param name="name">New name; null to keep it.</param>
    /// <param name="role">New role in every project; null to keep it, empty for none.</param>
    /// <param name="disabled">Whether the account is closed; null to keep it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ChangeAsync(long user, string? name, string? role, bool? disabled, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            update users set name = coalesce($2, name), role = case when $3::text is null then role else nullif($3, '') end,
              disabled_at = case when $4::bool is null then disabled_at when $4 then coalesce(disabled_at, $5) end
            where user_key = $1
            """);
        command.Parameters.AddWithValue(user);
        command.Parameters.Add(Text(name));
        command.Parameters.Add(Text(role));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)disabled ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean });
        command.Parameters.AddWithValue(clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancel);
        await book.RefreshAsync(cancel);
    }

    public async Task SetPasswordAsync(long user, string password, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update users set password_hash = $2 where user_key = $1");
        command.Parameters.AddWithValue(user);
        command.Parameters.AddWithValue(Hash(password));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Gives a person a role in a project, or takes it away when it is null.</summary>
    public async Task SetRoleAsync(long user, long project, string? role, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(role is null
            ? "delete from memberships where user_key = $1 and project_key = $2"
            : "insert into memberships (user_key, project_key, role) values ($1, $2, $3) on conflict (user_key, project_key) do update set role = excluded.role");
        command.Parameters.AddWithValue(user);
        command.Parameters.AddWithValue(project);
        if (role is not null) command.Parameters.AddWithValue(role);
        await command.ExecuteNonQueryAsync(cancel);
        await book.RefreshAsync(cancel);
    }

    /// <summary>Everybody, or those with a role of their own in one of these projects, with their roles there.</summary>
    public async Task<IReadOnlyList<PersonDto>> ListAsync(long[]? projects, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select u.user_key, u.email, u.name, u.role, u.created_at, u.disabled_at, u.password_hash is not null, max(s.seen_at),
                   coalesce(jsonb_object_agg(p.name, m.role) filter (where p.name is not null), '{}')::text
            from users u left join memberships m on m.user_key = u.user_key and ($1::bigint[] is null or m.project_key = any ($1)) left join projects p on p.project_key = m.project_key
            left join sessions s on s.user_key = u.user_key
            where $1::bigint[] is null or m.role is not null group by u.user_key order by lower(u.name), u.user_key
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)projects ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var people = new List<PersonDto>();
        while (await reader.ReadAsync(cancel))
        {
            people.Add(new PersonDto
            {
                Id = $"{reader.GetInt64(0)}",
                Email = reader.GetString(1),
                Name = reader.GetString(2),
                Role = reader.IsDBNull(3) ? null : reader.GetString(3),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(4),
                DisabledAt = reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
                HasPassword = reader.GetBoolean(6),
                LastSeenAt = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                Projects = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(8))!,
            });
        }

        return people;
    }

    private async Task<int?> LockedAsync(string[] subjects, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select max(locked_until) from sign_in_failures where subject = any ($1) and locked_until > $2");
        command.Parameters.AddWithValue(subjects);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        return await command.ExecuteScalarAsync(cancel) is DateTime until ? (int)Math.Ceiling((until - clock.GetUtcNow().UtcDateTime).TotalSeconds) : null;
    }

    /// <summary>Counts a wrong password; from the limit on each doubles the time to wait.</summary>
    private async Task CountAsync(string subject, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into sign_in_failures (subject, failures, last_at) values ($1, 1, $2)
            on conflict (subject) do update set failures = case when sign_in_failures.last_at < $2 - interval '1 day' then 1 else sign_in_failures.failures + 1 end, last_at = $2
            returning failures
            """);
        command.Parameters.AddWithValue(subject.Length > 400 ? subject[..400] : subject);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        var failures = (int)(await command.ExecuteScalarAsync(cancel))!;
        if (failures < most) return;
        var wait = FirstLock * Math.Min(Math.Pow(2, failures - most), LongestLock / FirstLock);
        await using var locks = database.CreateCommand("update sign_in_failures set locked_until = $2 where subject = $1");
        locks.Parameters.AddWithValue(subject);
        locks.Parameters.AddWithValue(clock.GetUtcNow() + wait);
        await locks.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
