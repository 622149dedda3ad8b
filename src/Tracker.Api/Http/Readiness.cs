using Npgsql;
using Tracker.Api.Storage;

namespace Tracker.Api.Http;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can do its work; the database answers within 2 s with the schema that this version needs, batches do not pile up, and the server is not about to stop.
/// </summary>
public static class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a server that was told to stop goes on serving while it is not ready any more: a load balancer's time to see it. <c>Shutdown:DrainSeconds</c>, default 0.</summary>
    private sealed class Drain(IConfiguration configuration, TimeProvider clock) : IHostedLifecycleService
    {
        public Task StoppingAsync(CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromSeconds(Seconds(configuration)), clock, CancellationToken.None);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    public static void AddReadiness(this WebApplicationBuilder builder)
    {
        var drain = Seconds(builder.Configuration);
        builder.Services.AddHostedService<Drain>();
        // The drain's time, and then what is under way.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(drain + 30));
    }

    public static void MapReadiness(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => TypedResults.Text("healthy")).OpenToAll().ExcludeFromDescription();
        app.MapGet("/readyz", ReadyAsync).OpenToAll().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(NpgsqlDataSource database, IngestRoom room, IHostApplicationLifetime host, CancellationToken cancel)
    {
        if (host.ApplicationStopping.IsCancellationRequested) return NotReady("The server stops.");
        if (room.IsFull) return NotReady("Batches wait for the database, as many as may.");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            return await Migrations.AreAppliedAsync(database, patience.Token) ? TypedResults.Text("ready") : NotReady("The database lacks a part of the schema.");
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return NotReady("The database does not answer.");
        }
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult NotReady(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status503ServiceUnavailable, title: "Not ready");

    private static double Seconds(IConfiguration configuration)
    {
        var seconds = configuration.GetValue("Shutdown:DrainSeconds", 0.0);
        return seconds is >= 0 and <= 600 ? seconds : throw new Microsoft.Extensions.Options.OptionsValidationException("Shutdown", typeof(Readiness), ["Shutdown:DrainSeconds must lie between 0 and 600."]);
    }
}
