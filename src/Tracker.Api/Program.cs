using Tracker.Api.Admin;
using Tracker.Api.Alerts;
using Tracker.Api.Analysis;
using Tracker.Api.Auth;
using Tracker.Api.Dashboard;
using Tracker.Api.Embedded;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Grpc;
using Tracker.Api.Ingest.Rest;
using Tracker.Api.Live;
using Tracker.Api.Runs;
using Tracker.Api.Series;
using Tracker.Api.Storage;
using Tracker.Api.Telemetry;
using Tracker.Api.Views;

if (args is ["admin", ..]) return await AdminCommand.RunAsync(args);

// The settings lie beside the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
try
{
    builder.AddLogs();
    builder.AddTelemetry();
    using var startup = Logging.CreateStartupLogger(builder.Configuration);
    builder.AddAddresses();
    await using var postgres = await builder.AddEmbeddedPostgresAsync(startup.CreateLogger("Tracker.Api.Embedded"));

    builder.Services.AddSingleton(TimeProvider.System);
    builder.AddAccess();
    builder.AddWeb();
    builder.AddStorage(privateDatabase: postgres is not null);
    builder.AddIngest();
    builder.AddGrpcIngest();
    builder.AddRuns();
    builder.AddViews();
    builder.AddSeries();
    builder.AddAnalysis();
    builder.AddAlerts();
    builder.AddLive();
    builder.AddApiDocs();
    builder.AddDashboard();
    builder.CheckSettings();

    await using var app = builder.Build();
    app.UseAddresses();
    app.UseGrpcIngest();
    app.UseWeb();
    app.UseAccess();
    app.MapApiDocs();
    app.MapAccess();
    app.MapIngest();
    app.MapRuns();
    app.MapViews();
    app.MapSeries();
    app.MapAnalysis();
    app.MapAlerts();
    app.MapLive();
    app.MapWeb();
    app.MapDashboard();

    await Database.MigrateAsync(app.Services, CancellationToken.None);
    // For a job that runs before new nodes start.
    if (args.Contains("--migrate")) return 0;
    await app.CheckAccessAsync(CancellationToken.None);
    await app.StartAsync();
    Console.WriteLine($"Tracker is ready: {Addresses.Describe(app)}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception error) when (StartupProblem.Of(error, builder.Configuration) is { } line)
{
    await Console.Error.WriteLineAsync(line);
    return 1;
}

/// <summary>Named so that tests can start the host.</summary>
public partial class Program;
