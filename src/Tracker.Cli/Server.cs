using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>The server that a command asks, as options and environment name it.</summary>
internal sealed class Server : IDisposable
{
    private const string Default = "http://127.0.0.1:5080";

    private readonly HttpClient _http;

    public Server(Uri? address)
    {
        Address = AddressOf(address);
        _http = new HttpClient { BaseAddress = new Uri(Address.ToString().TrimEnd('/') + "/api/v1/"), Timeout = TimeSpan.FromMinutes(30) };
        if (Environment.GetEnvironmentVariable("TRACKER_API_KEY") is { Length: > 0 } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Uri Address { get; }

    public static Uri AddressOf(Uri? given) => given ?? new Uri(Environment.GetEnvironmentVariable("TRACKER_URL") is { Length: > 0 } url ? url : Default);

    public static Option<Uri?> Option() => new("--server") { Description = $"Address of the server. Default: TRACKER_URL, else {Default}.", CustomParser = ReplayCommand.Address };

    public static Option<bool> Json(string what) => new("--json") { Description = what };

    /// <summary>The object that a path under <c>/api/v1/</c> answers with.</summary>
    /// <exception cref="CommandException">The server does not answer, or says no.</exception>
    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(path, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    /// <summary>As <see cref="GetAsync"/>, or null where there is no such thing.</summary>
    public async Task<JsonNode?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(path, cancellationToken);
        }
        catch (CommandException error) when (error.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    /// <summary>All items of a list, page after page.</summary>
    public async IAsyncEnumerable<JsonNode> ListAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await GetAsync(cursor is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(cursor)}", cancellationToken);
            foreach (var item in page["items"]!.AsArray()) yield return item!;
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);
    }

    /// <summary>An answer whose body is read as it comes.</summary>
    /// <exception cref="CommandException">As in <see cref="GetAsync"/>.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken) =>
        await SucceededAsync(() => _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken), cancellationToken);

    /// <summary>Sends a JSON body; what the server answers to it.</summary>
    /// <exception cref="CommandException">As in <see cref="GetAsync"/>.</exception>
    public async Task<JsonNode> PostAsync(string path, JsonNode body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await SucceededAsync(() => _http.PostAsync(new Uri(path, UriKind.Relative), content, cancellationToken), cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    /// <summary>Sends a JSON body.</summary>
    /// <returns>The status, and what the answer says.</returns>
    /// <exception cref="CommandException">The server does not answer.</exception>
    public async Task<(int Status, string Detail)> SendAsync(HttpMethod method, string path, string json, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
            using var response = await _http.SendAsync(request, cancellationToken);
            return ((int)response.StatusCode, Detail(await response.Content.ReadAsStringAsync(cancellationToken)));
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(CommandException.Unreachable, $"{Address} does not answer: {error.Message}");
        }
    }

    /// <summary>Somebody who waits at a prompt wants to be told at once that nobody is there.</summary>
    /// <exception cref="CommandException">The server does not answer.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(Address, "/healthz"), cancellationToken);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(CommandException.Unreachable, $"{Address} does not answer: {error.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (await JsonNode.ParseAsync(body, cancellationToken: cancellationToken) is { } json) return json;
        }
        catch (JsonException)
        {
            // Some other program listens there.
        }

        throw new CommandException(CommandException.Unreadable, $"{Address} answers with something that is not JSON");
    }

    private async Task<HttpResponseMessage> SucceededAsync(Func<Task<HttpResponseMessage>> call, CancellationToken cancellationToken)
    {
        try
        {
            var response = await call();
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                // So speaks a proxy whose server is away.
                var away = response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
                throw new CommandException(away ? CommandException.Unreachable : CommandException.Unreadable,
                    $"{Address} says {(int)response.StatusCode}: {Detail(await response.Content.ReadAsStringAsync(cancellationToken))}")
                { Status = response.StatusCode };
            }
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(CommandException.Unreachable, $"{Address} does not answer: {error.Message}");
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
