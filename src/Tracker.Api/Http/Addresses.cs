using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Tracker.Api.Http;

/// <summary>Another program listens there already.</summary>
public sealed class AddressTakenException(string message) : IOException(message);

/// <summary>
/// Where the server listens: the addresses of <c>urls</c>, and one more for gRPC, since HTTP/2 without TLS cannot share a port with HTTP/1.1.
/// That one is <c>TRACKER_GRPC_URL</c> (<c>off</c> for none), else the port after the first address without TLS. Over TLS gRPC is served on every address.
/// </summary>
public static class Addresses
{
    public const string Default = "http://127.0.0.1:5080";

    /// <summary>The key of gRPC's own address.</summary>
    public const string GrpcKey = "TRACKER_GRPC_URL";

    /// <exception cref="AddressTakenException">Another program listens on one of them already.</exception>
    public static void AddAddresses(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            // Kestrel's own settings name every address; gRPC's joins them only when it is named, too.
            if (configuration[GrpcKey] is null or "" or "off") return;
            configuration["Kestrel:Endpoints:TrackerGrpc:Url"] = configuration[GrpcKey];
            configuration["Kestrel:Endpoints:TrackerGrpc:Protocols"] = nameof(HttpProtocols.Http2);
            return;
        }

        var web = Web(configuration);
        foreach (var url in web) EnsureFree(url, "Stop that one, or choose another address with --urls http://127.0.0.1:PORT.");
        var grpc = Grpc(configuration, web);
        if (grpc is not null) EnsureFree(grpc, $"gRPC listens there, on the port after that of HTTP unless {GrpcKey}=http://127.0.0.1:PORT says otherwise (\"off\" for none).");
        builder.WebHost.UseUrls(grpc is null ? web : [.. web, grpc]);
        if (grpc is null) return;

        // Kestrel asks once for each address, in their order: a port of 0 tells nothing of what it is for.
        var asked = 0;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen =>
        {
            if (asked++ == web.Length) listen.Protocols = HttpProtocols.Http2;
        }));
        builder.Services.AddSingleton(new GrpcAddress());
    }

    /// <summary>Marks a host whose last address is that of gRPC.</summary>
    private sealed class GrpcAddress;

    /// <summary>The addresses that it listens on, for people: <c>http://127.0.0.1:5080, gRPC http://127.0.0.1:5081</c>.</summary>
    public static string Describe(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var urls = app.Urls.ToList();
        if (app.Services.GetService<GrpcAddress>() is not null) urls[^1] = "gRPC " + urls[^1];
        return string.Join(", ", urls);
    }

    /// <summary>Where the pages are for one who reached the server, on whatever port, under this name.</summary>
    public static string Pages(IServer server, HostString host)
    {
        ArgumentNullException.ThrowIfNull(server);
        var first = BindingAddress.Parse(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return first.IsUnixPipe || first.IsNamedPipe ? $"http://{host}" : $"{first.Scheme}://{new HostString(host.Host, first.Port)}";
    }

    private static string[] Web(ConfigurationManager configuration)
    {
        if (configuration["urls"] is { Length: > 0 } urls) return Split(urls);
        string[] ports = [.. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"), .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}")];
        return ports.Length > 0 ? ports : [Default];
    }

    private static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? Grpc(ConfigurationManager configuration, string[] web)
    {
        if (configuration[GrpcKey] is { Length: > 0 } given) return given == "off" ? null : given;
        foreach (var url in web)
        {
            var address = BindingAddress.Parse(url);
            if (address.Scheme != "http" || address.IsUnixPipe || address.IsNamedPipe || address.Port == IPEndPoint.MaxPort) continue;
            return $"http://{address.Host}:{(address.Port == 0 ? 0 : address.Port + 1)}";
        }

        return null;
    }

    private static void EnsureFree(string url, string remedy)
    {
        var address = BindingAddress.Parse(url);
        if (address.PathBase.Length > 0) throw new OptionsValidationException("urls", typeof(Addresses), [$"{url} has a path, and the server has none: write http://HOST:PORT."]);
        if (address.IsUnixPipe || address.IsNamedPipe || address.Port == 0) return;
        var host = IPAddress.TryParse(address.Host, out var ip) ? ip : address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Any;
        try
        {
            using var probe = new TcpListener(host, address.Port);
            probe.Start();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressTakenException($"The address {url} is taken by another program. {remedy}");
        }
    }
}
