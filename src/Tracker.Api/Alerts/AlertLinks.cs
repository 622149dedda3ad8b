using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Gives alerts their links when they leave, not when they are written: the server may have moved in between.</summary>
public sealed class AlertLinks(IOptions<AlertOptions> options, IServer server)
{
    public Alert Complete(Alert alert) => alert with { Data = Complete(alert.Data) };

    public AlertMessage Complete(AlertMessage message)
    {
        if (Root() is not { } root || !Uri.TryCreate($"{root.TrimEnd('/')}/runs/{Uri.EscapeDataString(message.Run)}", UriKind.Absolute, out var url)) return message;
        return message with { Url = url };
    }

    private string? Root()
    {
        if (options.Value.PublicUrl is { Length: > 0 } named) return named;
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } listening) return null;
        var address = BindingAddress.Parse(listening);
        // All addresses of a machine are none that a reader could open.
        return address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? $"{address.Scheme}://{Environment.MachineName}:{address.Port}" : listening;
    }
}
