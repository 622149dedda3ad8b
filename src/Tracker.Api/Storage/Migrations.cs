using System.Reflection;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>The schema is written in SQL, one file a migration, in the folder Schema; EF's migrator keeps account of what was applied.</summary>
public abstract class SqlMigration(string file) : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        using var stream = typeof(SqlMigration).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The schema file {file} is not embedded.");
        using var reader = new StreamReader(stream);
        migrationBuilder.Sql(reader.ReadToEnd());
    }
}

[DbContext(typeof(TrackerDbContext))]
[Migration("0001-tables")]
public sealed class TablesMigration() : SqlMigration("0001-tables.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0002-append")]
public sealed class AppendMigration() : SqlMigration("0002-append.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0003-run-steps")]
public sealed class RunStepsMigration() : SqlMigration("0003-run-steps.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0004-sql-access")]
public sealed class SqlAccessMigration() : SqlMigration("0004-sql-access.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0005-summaries-by-name")]
public sealed class SummariesByNameMigration() : SqlMigration("0005-summaries-by-name.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0006-append-groups")]
public sealed class AppendGroupsMigration() : SqlMigration("0006-append-groups.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0007-trash")]
public sealed class TrashMigration() : SqlMigration("0007-trash.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0008-sql-reads")]
public sealed class SqlReadsMigration() : SqlMigration("0008-sql-reads.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0009-chunk-summaries")]
public sealed class ChunkSummariesMigration() : SqlMigration("0009-chunk-summaries.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0030-views")]
public sealed class ViewsMigration() : SqlMigration("0030-views.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0050-lost-contact")]
public sealed class LostContactMigration() : SqlMigration("0050-lost-contact.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0051-channels")]
public sealed class ChannelsMigration() : SqlMigration("0051-channels.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0052-routes")]
public sealed class RoutesMigration() : SqlMigration("0052-routes.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0053-rules")]
public sealed class RulesMigration() : SqlMigration("0053-rules.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0060-options-and-mutes")]
public sealed class OptionsAndMutesMigration() : SqlMigration("0060-options-and-mutes.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0040-access")]
public sealed class AccessMigration() : SqlMigration("0040-access.sql");

[DbContext(typeof(TrackerDbContext))]
[Migration("0100-quiet-alerts")]
public sealed class QuietAlertsMigration() : SqlMigration("0100-quiet-alerts.sql");

/// <summary>What the schema's migrations are, and whether they are there.</summary>
public static class Migrations
{
    /// <summary>True when the database has every migration. EF's migrator says the same, but takes a second of a start to be made.</summary>
    public static async Task<bool> AreAppliedAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        try
        {
            await using var command = database.CreateCommand("select not exists (select unnest($1) except select \"MigrationId\" from \"__EFMigrationsHistory\")");
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Ids()] });
            return await command.ExecuteScalarAsync(cancel) is true;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidCatalogName)
        {
            return false;
        }
    }

    private static IEnumerable<string> Ids() =>
        typeof(SqlMigration).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>();
}
