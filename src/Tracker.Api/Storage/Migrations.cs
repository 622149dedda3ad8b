using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

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
