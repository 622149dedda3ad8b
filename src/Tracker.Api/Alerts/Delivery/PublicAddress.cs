using System.Net;
using System.Net.Sockets;

namespace Tracker.Api.Alerts;

/// <summary>
/// Tells public addresses from those that a message must not reach: the server stands inside a network, and whoever can name a receiver
/// could otherwise make it call its neighbours. Sources: the IANA special-purpose address registries for IPv4 and IPv6.
/// </summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] Closed4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // This network.
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // Shared by carriers (CGNAT).
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // Link-local, clouds' metadata services among them.
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.88.99.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/3"), // Multicast, reserved, broadcast.
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Translated6 = IPNetwork.Parse("64:ff9b::/96");

    private static readonly IPNetwork[] Closed6 =
    [
        IPNetwork.Parse("2001::/23"), // Protocol assignments, Teredo among them.
        IPNetwork.Parse("2001:db8::/32"),
        IPNetwork.Parse("2002::/16"), // 6to4: carries any IPv4 address.
        IPNetwork.Parse("3fff::/20"),
    ];

    /// <summary>Whether everyone on the Internet may be at this address. IPv6 forms that carry an IPv4 address are judged by that one.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return !Array.Exists(Closed4, network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return false;
        // NAT64 (RFC 6052): the last four bytes are the address that will be reached.
        if (Translated6.Contains(address)) return IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        return Global6.Contains(address) && !Array.Exists(Closed6, network => network.Contains(address));
    }
}
