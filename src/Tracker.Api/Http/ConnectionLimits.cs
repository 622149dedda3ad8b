namespace Tracker.Api.Http;

/// <summary>What one client, or many, can take of the server before they have said anything. Kestrel's own keys (<c>Kestrel:Limits:…</c>) have the last word.</summary>
public static class ConnectionLimits
{
    /// <summary>Open connections of all kinds; beyond it new ones are closed.</summary>
    private const long MaxConnections = 10_000;

    /// <summary>Of these, websockets.</summary>
    private const long MaxSockets = 5_000;

    /// <summary>A head that takes longer is a slow one on purpose. Bodies have Kestrel's least rate, 240 bytes a second.</summary>
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(15);

    public static void AddConnectionLimits(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel((context, kestrel) =>
    {
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = MaxSockets;
        kestrel.Limits.RequestHeadersTimeout = HeadTime;
        context.Configuration.GetSection("Kestrel:Limits").Bind(kestrel.Limits);
    });
}
