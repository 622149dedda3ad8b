using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tracker.Api.Alerts;
using Tracker.Api.Runs;
using Tracker.Api.Series;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Tests.Alerts;

/// <summary>A server with nothing but alerts, on a database with one project and one run, retrying fast.</summary>
internal sealed class AlertServer : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly WebApplication app;
    private readonly ConcurrentQueue<string> logs;
    private bool started;

    private AlertServer(WebApplication app, ConcurrentQueue<string> logs)
    {
        this.app = app;
        this.logs = logs;
    }

    public NpgsqlDataSource Database => app.Services.GetRequiredService<NpgsqlDataSource>();

    public Deliveries Deliveries => app.Services.GetRequiredService<Deliveries>();

    public AlertOutbox Outbox => app.Services.GetRequiredService<AlertOutbox>();

    public IReadOnlyCollection<string> Logs => logs;

    public HttpClient Client() => new() { BaseAddress = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)) };

    /// <summary>Builds the server; <see cref="StartAsync"/> starts it, so that a test can arrange what it finds.</summary>
    public static AlertServer Create(string connectionString, Action<Dictionary<string, string?>>? configure = null, Action<IServiceCollection>? services = null)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Alerts:AllowPrivateAddresses"] = "true",
            ["Alerts:FirstRetryDelay"] = "00:00:00.020",
            ["Alerts:BreakerPause"] = "00:00:00.050",
            ["Alerts:PublicUrl"] = "http://tracker.test/",
        };
        configure?.Invoke(settings);
        var builder = WebApplication.CreateSlimBuilder();
        var lines = new ConcurrentQueue<string>();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new LogLines(lines));
        builder.WebHost.UseUrls(settings.GetValueOrDefault("Urls") ?? "http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Configuration["ConnectionStrings:Tracker"] = connectionString;
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddStorage(privateDatabase: true);
        builder.AddRuns();
        builder.AddSeries();
        builder.AddAlerts();
        services?.Invoke(builder.Services);
        var built = builder.Build();
        // No gate here: whoever calls is on this machine.
        built.Use((http, next) =>
        {
            http.Features.Set(Tracker.Api.Auth.Caller.Local(null!, open: true));
            return next(http);
        });
        built.MapAlerts();
        return new AlertServer(built, lines);
    }

    public async Task<AlertServer> StartAsync()
    {
        await app.StartAsync();
        started = true;
        return this;
    }

    /// <summary>Writes an event as the analyzer does: in one transaction, and tells of the commit.</summary>
    public async Task<bool> RaiseAsync(DiagnosisEvent change, long runSequence = 1, bool commit = true, long projectKey = 1, long? runKey = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var written = await Outbox.EnqueueAsync(connection, transaction, runKey ?? projectKey, projectKey, runSequence, change, CancellationToken.None);
        if (!commit) return written;
        await transaction.CommitAsync();
        Outbox.Committed();
        return written;
    }

    /// <summary>Stores a diagnosis as the analyzer does before it tells of it, with one signal.</summary>
    public async Task StoreAsync(DiagnosisEvent change, string condition = "clip-over-80", long projectKey = 1, long? runKey = null)
    {
        var diagnosis = change.Diagnosis;
        await using var command = Database.CreateCommand("""
            with counter as (insert into project_counters (project_key) values ($3) on conflict do nothing),
            diagnosis as (insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
            values ($1, $2, $3, 1, 1, $4, $5, $6, $7, $8, $9) on conflict (id) do update set state = excluded.state, severity = excluded.severity, step = excluded.step, body = excluded.body)
            insert into signals (run_key, diagnosis_id, signal_id, series, severity, step, onset_step, active, body) values ($2, $1, $10, 'grad_norm/total', $5, $8, $7, true, '{}')
            on conflict (run_key, diagnosis_id, signal_id, series, onset_step) do update set severity = excluded.severity
            """);
        foreach (var value in new object[]
        {
            diagnosis.Id, runKey ?? projectKey, projectKey, diagnosis.State == DiagnosisState.Open ? "open" : "resolved", (short)diagnosis.Severity, diagnosis.Cause, diagnosis.OnsetStep, diagnosis.Step,
        }) command.Parameters.AddWithValue(value);
        command.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Jsonb, System.Text.Json.JsonSerializer.Serialize(diagnosis, DiagnosisJson.Options));
        command.Parameters.AddWithValue(condition);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Stores it, then tells of it.</summary>
    public async Task<bool> StoreAndRaiseAsync(DiagnosisEvent change, long runSequence = 1, string condition = "clip-over-80")
    {
        await StoreAsync(change, condition);
        return await RaiseAsync(change, runSequence);
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public T Get<T>() where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Waits until the database says so; fails the test after 20 s.</summary>
    public async Task UntilAsync(string condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!await QueryAsync<bool>($"select coalesce({condition}, false)")) await Task.Delay(20, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (started) await app.StopAsync();
        await app.DisposeAsync();
    }

    private sealed class LogLines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
