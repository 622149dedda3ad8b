using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>The database: one pool for everything, EF Core over the same pool for metadata, the schema applied before the host starts.</summary>
public static class Database
{
    public const string ConnectionName = "Tracker";

    private const string DirectConnectionName = "TrackerDirect";
    private const string ReplicaConnectionName = "TrackerReplica";

    /// <summary>Key of the data source whose connections are opened for their holder and closed with it.</summary>
    internal const string Unpooled = "unpooled";

    /// <summary>Most connections of one node, whatever the connection string allows: of PostgreSQL's usual 100 some are left for psql and other tools.</summary>
    private const int MaxConnections = 64;

    public static void AddStorage(this WebApplicationBuilder builder, bool privateDatabase)
    {
        var services = builder.Services;
        services.AddSingleton(NodeIdentity.Create(privateDatabase));
        services.AddSingleton(provider => Open(builder.Configuration, provider.GetRequiredService<ILoggerFactory>(), pooling: true));
        // The few connections that are kept go round a pooler in transaction mode, which can neither LISTEN nor keep prepared statements.
        services.AddKeyedSingleton(Unpooled, (provider, _) => Open(builder.Configuration, provider.GetRequiredService<ILoggerFactory>(), pooling: false));
        services.AddDbContextFactory<TrackerDbContext>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
            // What fails is thrown and told where it is caught; the migrator's first look for its table always fails.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning).Log((RelationalEventId.CommandError, LogLevel.Debug), (RelationalEventId.ConnectionError, LogLevel.Debug))));
        services.AddSingleton<RunCatalog>();
        services.AddSingleton<SeriesCatalog>();
        services.AddSingleton<RunGrowth>();
        services.AddSingleton<ProjectGrowth>();
        services.AddSingleton<RecentBatches>();
        services.AddSingleton<IngestRoom>();
        services.AddSingleton<Following.TailRoom>();
        services.AddSingleton<JournalWriter>();
        services.AddSingleton<JournalReader>();
        services.AddSingleton<SeriesReader>();
        services.AddSingleton<ReadDatabase>();
        services.AddHostedService(provider => provider.GetRequiredService<ReadDatabase>());
        services.AddHostedService(provider => provider.GetRequiredService<JournalWriter>());
        // A private database has one node.
        if (!privateDatabase) services.AddHostedService<GrowthNotifications>();
        services.AddSingleton<ProjectSizes>();
        services.AddHostedService(provider => provider.GetRequiredService<ProjectSizes>());
        services.AddHostedService<ModelWarmUp>();
    }

    /// <summary>Applies what is missing of the schema; of nodes that start together one does, the others wait. Throws <see cref="NpgsqlException"/> when the server cannot be reached.</summary>
    public static async Task MigrateAsync(IServiceProvider services, CancellationToken cancel)
    {
        var database = services.GetRequiredService<NpgsqlDataSource>();
        if (await Migrations.AreAppliedAsync(database, cancel)) return;
        await using var context = await services.GetRequiredService<IDbContextFactory<TrackerDbContext>>().CreateDbContextAsync(cancel);
        // The lock below needs a database to be taken in.
        var creator = context.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync(cancel)) await creator.CreateAsync(cancel);
        // EF's own lock ends with each migration, after the list of what is to be done was made.
        await using var turn = await database.OpenConnectionAsync(cancel);
        await using var transaction = await turn.BeginTransactionAsync(cancel);
        await using (var wait = new NpgsqlCommand("set local idle_in_transaction_session_timeout = 0; select pg_advisory_xact_lock(7283461, 3)", turn) { CommandTimeout = 0 })
        {
            await wait.ExecuteNonQueryAsync(cancel);
        }

        if (!await Migrations.AreAppliedAsync(database, cancel)) await context.Database.MigrateAsync(cancel);
    }

    /// <summary>The hot standby for reads; null where none is named.</summary>
    internal static NpgsqlDataSource? OpenReplica(IConfiguration configuration, ILoggerFactory loggers) =>
        configuration.GetConnectionString(ReplicaConnectionName) is { Length: > 0 } text ? Open(text, loggers, pooling: true) : null;

    private static NpgsqlDataSource Open(IConfiguration configuration, ILoggerFactory loggers, bool pooling) =>
        Open((pooling ? null : configuration.GetConnectionString(DirectConnectionName)) ?? configuration.GetConnectionString(ConnectionName)
            ?? throw new InvalidOperationException("ConnectionStrings:Tracker is not set."), loggers, pooling);

    private static NpgsqlDataSource Open(string text, ILoggerFactory loggers, bool pooling)
    {
        var builder = new NpgsqlDataSourceBuilder(text);
        builder.ConnectionStringBuilder.ApplicationName ??= "tracker";
        // A node that is paused in the middle of a transaction must not hold its locks for ever.
        if (string.IsNullOrEmpty(builder.ConnectionStringBuilder.Options)) builder.ConnectionStringBuilder.Options = "-c idle_in_transaction_session_timeout=10s";
        builder.ConnectionStringBuilder.MaxPoolSize = Math.Min(builder.ConnectionStringBuilder.MaxPoolSize, MaxConnections);
        builder.ConnectionStringBuilder.Pooling &= pooling;
        // Asking for encryption by Kerberos costs a round trip and, where its library is missing as in container images, a line on standard error.
        if (!builder.ConnectionStringBuilder.ContainsKey("Gss Encryption Mode")) builder.ConnectionStringBuilder.GssEncryptionMode = GssEncryptionMode.Disable;
        builder.ConnectionStringBuilder.IncludeErrorDetail = true;
        // Nothing here changes a session's settings, and the reset (DISCARD ALL) would make the server plan its functions anew for every call.
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        builder.UseLoggerFactory(loggers);
        return builder.Build();
    }
}
