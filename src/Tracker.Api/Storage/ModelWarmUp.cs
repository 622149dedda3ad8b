using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>Has EF Core make its model once the server is ready: the first run that somebody creates does not wait for it, nor does the start.</summary>
internal sealed class ModelWarmUp(IDbContextFactory<TrackerDbContext> contexts, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(stoppingToken);
            // Compiles a query without asking the database, which may be away by now.
            _ = context.Runs.Where(run => run.Id == "").ToQueryString();
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // Whoever needs the model first makes it.
        }
    }
}
