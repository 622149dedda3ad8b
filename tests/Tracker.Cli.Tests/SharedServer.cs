using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary>One server for the tests of a class.</summary>
public sealed class SharedServer(PostgresFixture postgres) : IAsyncLifetime
{
    private TrackerServer _server = null!;

    public string Address => _server.Address.ToString();

    public HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => _server = await TrackerServer.StartAsync(postgres);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public async Task<JsonNode> GetAsync(string path) => (await Client.GetFromJsonAsync<JsonNode>("api/v1/" + path, TestContext.Current.CancellationToken))!;

    /// <summary>The runs of a project by name.</summary>
    public async Task<Dictionary<string, string>> RunsAsync(string project) =>
        (await GetAsync($"runs?project={project}"))["items"]!.AsArray().ToDictionary(run => (string)run!["name"]!, run => (string)run!["id"]!);
}
