using Npgsql;
using Shouldly;
using Tracker.Api.Storage;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class MigrationsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_schema_with_every_migration_is_seen_to_be_whole()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());

        (await Migrations.AreAppliedAsync(database, TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_schema_that_lacks_the_newest_migration_is_not_taken_for_whole()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await using var forget = database.CreateCommand("""delete from "__EFMigrationsHistory" where "MigrationId" = (select max("MigrationId") from "__EFMigrationsHistory")""");
        (await forget.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);

        (await Migrations.AreAppliedAsync(database, TestContext.Current.CancellationToken)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_empty_database_has_no_migrations()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await using var forget = database.CreateCommand("""drop table "__EFMigrationsHistory" """);
        await forget.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        (await Migrations.AreAppliedAsync(database, TestContext.Current.CancellationToken)).ShouldBeFalse();
    }
}
