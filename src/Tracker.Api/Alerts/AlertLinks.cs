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
        var root = options.Value.PublicUrl is { Length: > 0 } named ? named : server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        if (root is null || !Uri.TryCreate($"{root.TrimEnd('/')}/runs/{Uri.EscapeDataString(message.Run)}", UriKind.Absolute, out var url)) return message;
        return message with { Url = url };
    }
}
