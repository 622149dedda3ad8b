using System.Globalization;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>A server with a sweep of 24 runs, for the tests of one class.</summary>
public sealed class SweepFixture(PostgresFixture postgres) : IAsyncLifetime
{
    public const string Project = "sweep";

    public TrackerServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await StartAsync(postgres);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>24 runs: the loss is a valley in the learning rate, a step by the optimizer, and says nothing of the seed.</summary>
    private static async Task<TrackerServer> StartAsync(PostgresFixture postgres)
    {
        var server = await TrackerServer.StartAsync(postgres);
        for (var i = 0; i < 24; i++)
        {
            var lr = Math.Pow(10, -4 + (i % 12 * 0.25));
            var floor = 0.2 + (0.3 * Math.Pow((i % 12) - 5, 2)) + (i < 12 ? 0 : 0.5);
            string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
            var points = string.Join(',', Enumerable.Range(0, 120).Select(step =>
                $$"""{"step":{{step}},"values":{"train/loss":{{Number(floor + (2 / (1.0 + step)) + (0.05 * Math.Sin(step * (i + 1))))}},"val/loss":{{Number(floor + (2 / (1.0 + step)))}},"lr":{{Number(lr)}} } }"""));
            await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"{{Project}}","id":"run-{{i}}","config":{"lr":{{Number(lr)}},"optimizer":{"name":"{{(i < 12 ? "adam" : "sgd")}}"},"seed":{{i * 7 % 5}} } }""")).JsonAsync();
            await (await server.Client.LogAsync($"run-{i}", $$"""{"writer":"w{{i}}","batch":1,"points":[{{points}}]}""")).JsonAsync();
        }

        await TrackerApi.UntilAsync(
            async () => (await server.Client.JsonAsync($"/api/v1/projects/{Project}/count?filter={Uri.EscapeDataString("metrics.val/loss is not null")}")).GetProperty("runs").GetInt32(),
            runs => runs == 24, "the summaries are written");
        return server;
    }
}
