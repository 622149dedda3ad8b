using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Tracker.Testing;

/// <summary>The real host in this process: Kestrel on a free port of loopback, a database of its own.</summary>
public sealed class TrackerServer : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> _factory;

    private TrackerServer(WebApplicationFactory<Program> factory, string connectionString)
    {
        (_factory, ConnectionString) = (factory, connectionString);
        // First that of HTTP, last that of gRPC.
        var addresses = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        (Address, GrpcAddress) = (new Uri(addresses.First()), new Uri(addresses.Last()));
        factory.ClientOptions.BaseAddress = Address;
        Client = factory.CreateClient();
    }

    public Uri Address { get; }

    /// <summary>Where gRPC listens: HTTP/2 without TLS.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>A client whose base address is <see cref="Address"/>.</summary>
    public HttpClient Client { get; }

    public string ConnectionString { get; }

    public IServiceProvider Services => _factory.Services;

    /// <param name="postgres">The server that gets a new database for this host.</param>
    /// <param name="configure">Changes settings (<c>UseSetting</c>) or services (<c>ConfigureServices</c>), such as the clock.</param>
    public static async Task<TrackerServer> StartAsync(PostgresFixture postgres, Action<IWebHostBuilder>? configure = null) =>
        Start(await postgres.CreateDatabaseAsync(), configure);

    /// <summary>Starts a host on a database that is there already: a second node, or the same one after a restart.</summary>
    public static TrackerServer Start(string connectionString, Action<IWebHostBuilder>? configure = null)
    {
        var factory = new Factory(connectionString, configure);
        try
        {
            factory.UseKestrel();
            factory.StartServer();
            return new TrackerServer(factory, connectionString);
        }
        catch
        {
            factory.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();
    }

    private sealed class Factory(string connectionString, Action<IWebHostBuilder>? configure) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseContentRoot(Repository.PathOf("src", "Tracker.Api"));
            builder.UseSetting("ConnectionStrings:Tracker", connectionString);
            builder.UseSetting("urls", "http://127.0.0.1:0");
            builder.UseSetting("TRACKER_GRPC_URL", "http://127.0.0.1:0");
            // The short form: a longer key would reach the host with an empty value for its first half.
            builder.UseSetting("Serilog:MinimumLevel", "Warning");
            configure?.Invoke(builder);
        }
    }
}
