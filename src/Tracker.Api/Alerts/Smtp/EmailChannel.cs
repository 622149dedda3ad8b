using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>E-mail by SMTP. The messages of one diagnosis stand in one conversation; a double has the same Message-ID.</summary>
public sealed class EmailChannel(string id, ChannelPolicy policy, SmtpSettings settings, GuardedConnector connector, IOptions<AlertOptions> options) : IAlertChannel
{
    public string Id => id;

    public string Kind => ChannelKinds.Email;

    public int Concurrency => 2;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        var thread = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(message.Subject)).AsSpan(0, 12));
        var mail = EmailMessage.Render(message.Alert, message.Actions, await message.Picture(cancel), settings.From, settings.To, message.Id, thread);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Value.RequestTimeout);
        try
        {
            await using var session = new SmtpSession(await connector.ConnectAsync(settings.Host, settings.Port, limit.Token));
            await session.SendAsync(settings, mail, limit.Token);
            return new DeliveryResult(DeliveryOutcome.Delivered);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return DeliveryResult.Fail($"no answer within {options.Value.RequestTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException)
        {
            return DeliveryResult.Fail(error.Message);
        }
    }
}
