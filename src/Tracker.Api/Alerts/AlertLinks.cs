using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Gives alerts their links when they leave, not when they are written: the server may have moved in between.</summary>
public sealed class AlertLinks(IOptions<AlertOptions> options, IServer server, ActionTokens tokens)
{
    public Alert Complete(Alert alert)
    {
        var data = alert.Data;
        if (data.Run.Length > 0 && To($"/runs/{Uri.EscapeDataString(data.Run)}") is { } url)
        {
            data = data with
            {
                Url = url,
                ChartsUrl = To($"/runs/{Uri.EscapeDataString(data.Run)}?tab=charts"),
                ImageUrl = AlertPictures.SeriesOf(data) is null ? null : To($"/api/v1/alerts/{alert.Id}/chart.png?key={tokens.Make("picture", alert)}"),
            };
        }

        return alert with { Data = data };
    }

    /// <summary>What can be done about an alert, by link.</summary>
    public AlertActions ActionsOf(Alert alert)
    {
        if (alert.Data.Run.Length == 0 || AlertTypes.IsResolution(alert.Type) || alert.Data.Verdict is "muted" or "wrong") return AlertActions.None;
        var diagnosed = alert.Data.Diagnosis is not null;
        var stoppable = alert.Type is AlertTypes.DiagnosisRaised or AlertTypes.DiagnosisUpdated or AlertTypes.DiagnosisJudged or AlertTypes.RuleRaised or AlertTypes.CodeAlert;
        return new AlertActions(diagnosed && alert.Data.Verdict is null ? Link("acknowledge") : null, diagnosed ? Link("mute") : null, stoppable ? Link("stop") : null);

        Uri? Link(string action) => To($"/api/v1/alerts/actions/{tokens.Make(action, alert)}");
    }

    /// <summary>An address of this server as people reach it; null when it is not known.</summary>
    public Uri? To(string path) => Root() is { } root && Uri.TryCreate(root.TrimEnd('/') + path, UriKind.Absolute, out var url) ? url : null;

    private string? Root()
    {
        if (options.Value.PublicUrl is { Length: > 0 } named) return named;
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } listening) return null;
        var address = BindingAddress.Parse(listening);
        // All addresses of a machine are none that a reader could open.
        return address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? $"{address.Scheme}://{Environment.MachineName}:{address.Port}" : listening;
    }
}
