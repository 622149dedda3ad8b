using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Makes an alert ready for a channel: links, buttons, picture.</summary>
public sealed class MessageComposer(AlertLinks links, AlertPictures pictures, IOptions<AlertOptions> options)
{
    public Outgoing Compose(IAlertChannel channel, Delivery delivery, Alert alert)
    {
        var actions = alert.Type == AlertTypes.Digest ? AlertActions.None : links.ActionsOf(alert);
        alert = links.Complete(alert);
        return new Outgoing(delivery.MessageId, alert, delivery.Subject, actions)
        {
            Quiet = delivery.Quiet,
            Reference = delivery.Reference,
            Image = IsFetched(channel, delivery) ? alert.Data.ImageUrl : null,
            Picture = token => pictures.RenderAsync(alert, token),
        };
    }

    /// <summary>
    /// Slack fetches pictures itself and refuses the whole message when it cannot: it is given an address only where people said how this server is reached,
    /// and not again when it did not like the last one.
    /// </summary>
    private bool IsFetched(IAlertChannel channel, Delivery delivery) =>
        channel.Kind is ChannelKinds.Slack or ChannelKinds.SlackBot && !string.IsNullOrEmpty(options.Value.PublicUrl)
        && delivery.LastError?.Contains("invalid_blocks", StringComparison.Ordinal) is not true
        && delivery.LastError?.Contains("image", StringComparison.OrdinalIgnoreCase) is not true;
}
