using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Tracker.Api.Http;

/// <summary>Looks at the addresses that the server is about to take, before anything else is started for it.</summary>
public static class Addresses
{
    /// <exception cref="IOException">Another program listens there already.</exception>
    public static void EnsureFree(IConfiguration configuration)
    {
        foreach (var url in (configuration["urls"] ?? Web.DefaultUrl).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var address = BindingAddress.Parse(url);
            if (address.IsUnixPipe || address.IsNamedPipe || address.Port == 0) continue;
            var host = IPAddress.TryParse(address.Host, out var ip) ? ip : address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Any;
            try
            {
                using var probe = new TcpListener(host, address.Port);
                probe.Start();
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new IOException($"{url} is taken.", new AddressInUseException(exception.Message, exception));
            }
        }
    }
}
