using System.Net.Http.Json;
using System.Text.Json;

namespace Tracker.Api.Tests.Live;

/// <summary>Logs over REST as an SDK does: one writer, numbered batches, one in flight.</summary>
internal sealed class RunLogger(HttpClient client, string run)
{
    private long step;
    private long batch;

    public string Run => run;

    public static async Task<RunLogger> CreateAsync(HttpClient client, string project = "digits")
    {
        using var response = await client.PostAsJsonAsync("/api/v1/runs", new { project });
        response.EnsureSuccessStatusCode();
        return new RunLogger(client, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
    }

    /// <summary>The same writer over another server.</summary>
    public RunLogger Over(HttpClient other) => new(other, run) { step = step, batch = batch };

    /// <summary>Logs batches of points of a series: steps 1, 2, 3…, values half of the step.</summary>
    public async Task LogAsync(int batches, int points = 1, string series = "train/loss")
    {
        for (var n = 0; n < batches; n++)
        {
            var steps = Enumerable.Range(0, points).Select(_ => ++step).ToArray();
            await PostAsync(new { name = series, steps, values = steps.Select(one => one / 2.0) });
        }
    }

    /// <summary>Logs one batch of one series as JSON has it.</summary>
    public async Task PostAsync(object series)
    {
        using var response = await client.PostAsJsonAsync($"/api/v1/runs/{run}/log", new { writer = "w1", batch = ++batch, series = new[] { series } });
        response.EnsureSuccessStatusCode();
    }

    public async Task FinishAsync()
    {
        using var response = await client.PostAsJsonAsync($"/api/v1/runs/{run}/finish", new { state = "finished" });
        response.EnsureSuccessStatusCode();
    }
}
