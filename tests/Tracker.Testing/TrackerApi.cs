using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Tracker.Testing;

/// <summary>Calls of the REST API as any client would make them.</summary>
public static class TrackerApi
{
    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string path, string json) =>
        client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(json, Encoding.UTF8, "application/json"));

    public static async Task<JsonElement> JsonAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await response.JsonAsync();
    }

    /// <summary>The body of an answer that succeeded.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Creates a run and gives back its id.</summary>
    public static async Task<string> CreateRunAsync(this HttpClient client, string project = "test", string? config = null)
    {
        using var response = await client.PostAsync("/api/v1/runs", $$"""{"project":"{{project}}","config":{{config ?? "{}"}}}""");
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }

    public static Task<HttpResponseMessage> LogAsync(this HttpClient client, string run, string json) => client.PostAsync($"/api/v1/runs/{run}/log", json);

    /// <summary>Every stored point of one series as <c>step,value</c>, in canonical order.</summary>
    public static async Task<List<string>> PointsAsync(this HttpClient client, string run, string series)
    {
        var text = await client.GetStringAsync(new Uri($"/api/v1/runs/{run}/points?format=csv&name={Uri.EscapeDataString(series)}", UriKind.Relative));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).Select(cells => cells[0] + "," + cells[2])];
    }

    /// <summary>Asks until the answer is there; fails with what was seen last.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds, string what, TimeSpan? patience = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (holds(answer)) return answer;
            if (clock.Elapsed > (patience ?? TimeSpan.FromSeconds(30))) throw new TimeoutException($"{what}; last seen: {answer}");
            await Task.Delay(25);
        }
    }
}
