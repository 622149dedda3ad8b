using Npgsql;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>A key as it is checked.</summary>
public sealed record KeyEntry(long Id, string Name, Rights Rights, long? ProjectKey, long? UserKey, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    /// <summary>Why it is no longer good, or null while it is.</summary>
    public string? Fault(DateTimeOffset now) =>
        RevokedAt is not null ? "This key was revoked." : ExpiresAt <= now ? $"This key expired at {ExpiresAt:yyyy-MM-dd HH:mm} UTC." : null;
}

/// <summary>A person as their rights are checked.</summary>
public sealed record UserEntry(long Key, string Email, string Name, Rights Everywhere, bool Disabled, IReadOnlyDictionary<long, Rights> Projects)
{
    public Rights In(long projectKey) => Disabled ? Rights.None : Everywhere | Projects.GetValueOrDefault(projectKey);
}

/// <summary>A public link to a run or a project.</summary>
public sealed record ShareEntry(long Id, long ProjectKey, long? RunKey, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    public bool IsGood(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);
}

/// <summary>All keys, people and shares at one moment.</summary>
public sealed record Book
{
    public static readonly Book Empty = new() { Keys = new Dictionary<SecretHash, KeyEntry>(), KeysById = new Dictionary<long, KeyEntry>(), Users = new Dictionary<long, UserEntry>(), UsersByEmail = new Dictionary<string, UserEntry>(), Shares = new Dictionary<SecretHash, ShareEntry>(), Version = -1 };

    public required long Version { get; init; }

    public required IReadOnlyDictionary<SecretHash, KeyEntry> Keys { get; init; }

    public required IReadOnlyDictionary<long, KeyEntry> KeysById { get; init; }

    public required IReadOnlyDictionary<long, UserEntry> Users { get; init; }

    public required IReadOnlyDictionary<string, UserEntry> UsersByEmail { get; init; }

    public required IReadOnlyDictionary<SecretHash, ShareEntry> Shares { get; init; }

    /// <summary>No key and no person was ever made here. One that was revoked still counts: the last one's end must not open the server.</summary>
    public bool IsBlank => KeysById.Count == 0 && Users.Count == 0;
}

/// <summary>
/// What is known of keys, people and shares, in memory, so that a check costs no query. Another node's change is seen within <see cref="Pause"/>; while the database is away
/// the last state stands, and nothing can be read or written anyway.
/// </summary>
public sealed partial class AccessBook(NpgsqlDataSource database, TimeProvider clock, ILogger<AccessBook> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim gate = new(1);
    private Book now = Book.Empty;

    public Book Now => Volatile.Read(ref now);

    public DateTimeOffset Time => clock.GetUtcNow();

    /// <summary>Reads anew when something changed; after a change of one's own, so that it holds at once.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            await using (var command = database.CreateCommand("select version from access_state"))
            {
                if (await command.ExecuteScalarAsync(cancel) is long version && version == now.Version) return;
            }

            Volatile.Write(ref now, await BookReader.ReadAsync(database, cancel));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Asks every now and then; a failure is told once, until it works again.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, clock, stoppingToken);
                await RefreshAsync(stoppingToken);
                failing = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                if (!failing) LogUnread(error);
                failing = true;
            }
        }
    }

    public override void Dispose()
    {
        gate.Dispose();
        base.Dispose();
    }

    [LoggerMessage(6001, LogLevel.Warning, "Keys and people cannot be read; what was known before holds")]
    private partial void LogUnread(Exception error);
}
