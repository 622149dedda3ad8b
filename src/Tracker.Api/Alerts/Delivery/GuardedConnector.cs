using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Tracker.Api.Alerts;

/// <summary>
/// Opens connections to receivers that are not trusted: the name is resolved once, the addresses are checked, and the connection goes to one of those that were
/// checked, so a name that changes its address in between gains nothing.
/// </summary>
public sealed class GuardedConnector(IOptions<AlertOptions> options)
{
    /// <summary>Answers with the addresses of a name: DNS, which is asked once for each connection.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <exception cref="AddressRefusedException">No address of the name is public, and others are not allowed.</exception>
    public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancel)
    {
        var addresses = await Resolve(host, cancel);
        if (!options.Value.AllowPrivateAddresses) addresses = Array.FindAll(addresses, PublicAddress.IsPublic);
        if (addresses.Length == 0) throw new AddressRefusedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The receiver's address is one that messages must not reach.</summary>
public sealed class AddressRefusedException() : IOException("the receiver's address is not public; Alerts:AllowPrivateAddresses allows it");
