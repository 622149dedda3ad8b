using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>
/// Browsers that are signed in. The cookie holds a secret, the database its hash; any node knows every session. What a node read it keeps for some seconds: a sign-out is seen
/// at once here and within <see cref="Fresh"/> by others.
/// </summary>
public sealed class Sessions(NpgsqlDataSource database, TimeProvider clock, IOptions<AccessOptions> options)
{
    public const string Cookie = "tracker_session";
    private const int MostKept = 20_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SecretHash, Kept> known = new();

    private sealed record Kept(long? User, long? Key, DateTimeOffset Until, long At);

    /// <summary>Signs a browser in: the secret goes into its cookie.</summary>
    public async Task<SecretHash> BeginAsync(HttpContext http, long? user, long? key, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        var secret = Secrets.New(Secrets.SessionPrefix);
        var hash = SecretHash.Of(secret);
        await using var command = database.CreateCommand("""
            insert into sessions (hash, user_key, key_id, created_at, seen_at, expires_at, address) values ($1, $2, $3, $4, $4, $5, $6)
            """);
        var now = clock.GetUtcNow();
        command.Parameters.AddWithValue(hash.ToArray());
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)user ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(now + Least(options.Value.SessionIdle, options.Value.SessionMost));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Connection.RemoteIpAddress?.ToString() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
        http.Response.Cookies.Append(Cookie, secret, CookieOf(http, options.Value.SessionMost));
        return hash;
    }

    /// <summary>The person or the key of a session; null when there is none or it is over. A call makes it last longer.</summary>
    public async ValueTask<(long? User, long? Key)?> FindAsync(SecretHash hash, CancellationToken cancel)
    {
        if (!known.TryGetValue(hash, out var kept) || clock.GetElapsedTime(kept.At) > Fresh)
        {
            if (await ReadAsync(hash, cancel) is not { } read)
            {
                known.TryRemove(hash, out _);
                return null;
            }

            if (known.Count >= MostKept) known.Clear();
            known[hash] = kept = read;
        }

        return kept.Until > clock.GetUtcNow() ? (kept.User, kept.Key) : null;
    }

    public async Task EndAsync(HttpContext http, SecretHash hash, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        await using var command = database.CreateCommand("delete from sessions where hash = $1");
        command.Parameters.AddWithValue(hash.ToArray());
        await command.ExecuteNonQueryAsync(cancel);
        known.TryRemove(hash, out _);
        http.Response.Cookies.Delete(Cookie, CookieOf(http, null));
    }

    /// <summary>Ends all sessions of a person but one.</summary>
    public async Task EndOfUserAsync(long user, SecretHash? but, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("delete from sessions where user_key = $1 and hash <> $2");
        command.Parameters.AddWithValue(user);
        command.Parameters.AddWithValue(but?.ToArray() ?? []);
        await command.ExecuteNonQueryAsync(cancel);
        known.Clear();
    }

    /// <summary>Those that are still good.</summary>
    public async Task<HashSet<SecretHash>> AliveAsync(IEnumerable<SecretHash> hashes, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select hash from sessions where hash = any ($1) and expires_at > $2");
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. hashes.Select(hash => hash.ToArray())] });
        command.Parameters.AddWithValue(clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var alive = new HashSet<SecretHash>();
        while (await reader.ReadAsync(cancel)) alive.Add(SecretHash.Read(reader.GetFieldValue<byte[]>(0)));
        return alive;
    }

    /// <summary>Forgets what is over: sessions, links that were not used, counts of wrong passwords.</summary>
    public async Task SweepAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            with s as (delete from sessions where expires_at < $1), i as (delete from invitations where expires_at < $1 - interval '30 days')
            delete from sign_in_failures where last_at < $1 - interval '1 day'
            """);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Out of reach of scripts, sent only by pages of this server, and over TLS only where the page came over TLS.</summary>
    internal static CookieOptions CookieOf(HttpContext http, TimeSpan? age) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = http.Request.IsHttps,
        Path = "/",
        MaxAge = age,
        IsEssential = true,
    };

    private async Task<Kept?> ReadAsync(SecretHash hash, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand("select user_key, key_id, expires_at, created_at, seen_at from sessions where hash = $1 and expires_at > $2");
        command.Parameters.AddWithValue(hash.ToArray());
        command.Parameters.AddWithValue(now);
        DateTimeOffset until;
        Kept kept;
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel)) return null;
            until = Least(now + options.Value.SessionIdle, reader.GetFieldValue<DateTimeOffset>(3) + options.Value.SessionMost);
            kept = new Kept(reader.IsDBNull(0) ? null : reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), clock.GetTimestamp());
            // Written at most once in a hundredth of its life.
            if (now - reader.GetFieldValue<DateTimeOffset>(4) < options.Value.SessionIdle / 100) return kept;
        }

        await using var see = database.CreateCommand("update sessions set seen_at = $2, expires_at = $3 where hash = $1");
        see.Parameters.AddWithValue(hash.ToArray());
        see.Parameters.AddWithValue(now);
        see.Parameters.AddWithValue(until);
        await see.ExecuteNonQueryAsync(cancel);
        return kept with { Until = until };
    }

    private static T Least<T>(T a, T b)
        where T : IComparable<T> => a.CompareTo(b) < 0 ? a : b;
}
