using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>The server that a command asks: <c>--server</c>, else <c>TRACKER_URL</c>, with the key of <c>TRACKER_API_KEY</c>.</summary>
internal sealed class RemoteServer : IDisposable
{
    private readonly HttpClient http;

    public RemoteServer(Uri? server)
    {
        var address = server ?? new Uri(Environment.GetEnvironmentVariable("TRACKER_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:5080");
        http = new HttpClient { BaseAddress = new Uri(address.ToString().TrimEnd('/') + "/api/v1/"), Timeout = Timeout.InfiniteTimeSpan };
        if (Environment.GetEnvironmentVariable("TRACKER_API_KEY") is { Length: > 0 } key) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>The object that a path under <c>/api/v1/</c> answers with.</summary>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancel)
    {
        using var response = await OpenAsync(path, cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        return (await JsonNode.ParseAsync(body, cancellationToken: cancel))!.AsObject();
    }

    /// <summary>An answer that is read as it comes.</summary>
    /// <exception cref="HttpRequestException">The server does not answer, or says no.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancel)
    {
        var response = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancel);
            throw new HttpRequestException($"the server says {(int)response.StatusCode}: {Detail(text)}", null, response.StatusCode);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>Runs a command: 2 when the server says no, 3 when it does not answer, 130 when interrupted.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException)
        {
            await Console.Error.WriteLineAsync($"tracker: {error.Message}");
            return error is HttpRequestException { StatusCode: null } ? 3 : 2;
        }
    }

    private static string Detail(string problem)
    {
        try
        {
            return JsonNode.Parse(problem) is JsonObject json ? (string?)json["detail"] ?? (string?)json["title"] ?? problem : problem;
        }
        catch (JsonException)
        {
            return problem;
        }
    }
}
