using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Tracker.Api.Alerts;

public enum DeliveryOutcome
{
    /// <summary>The receiver answered 2xx.</summary>
    Delivered,

    /// <summary>Anything else: try again later.</summary>
    Failed,

    /// <summary>The receiver answered 410: it wants no more.</summary>
    Gone,
}

/// <summary>How an attempt ended.</summary>
/// <param name="Outcome">Delivered, failed or gone.</param>
/// <param name="Error">One short line for people; null when delivered.</param>
/// <param name="RetryAfter">How long the receiver asked to be left alone.</param>
public readonly record struct DeliveryResult(DeliveryOutcome Outcome, string? Error = null, TimeSpan? RetryAfter = null);

/// <summary>
/// Sends one request to a receiver that is not trusted: the connection goes to an address that was checked after the name was resolved (so a name
/// that changes its address gains nothing), no proxy, no redirect, no cookies, a time limit, and next to nothing of the answer is read.
/// </summary>
public sealed class AlertSender : IDisposable
{
    private const int ErrorTextBytes = 200;

    private readonly HttpMessageInvoker http;
    private readonly AlertOptions options;
    private readonly TimeProvider time;

    public AlertSender(IOptions<AlertOptions> options, TimeProvider time)
    {
        this.options = options.Value;
        this.time = time;
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 16 * 1024,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            // Traces would carry the address, and Slack's address is a secret.
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>Never throws for anything that the receiver or the network does; throws only when cancelled.</summary>
    public async Task<DeliveryResult> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.RequestTimeout);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            if (response.IsSuccessStatusCode) return new DeliveryResult(DeliveryOutcome.Delivered);
            var error = await DescribeAsync(response, limit.Token);
            return response.StatusCode == HttpStatusCode.Gone
                ? new DeliveryResult(DeliveryOutcome.Gone, error)
                : new DeliveryResult(DeliveryOutcome.Failed, error, RetryAfter(response));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new DeliveryResult(DeliveryOutcome.Failed, $"no answer within {options.RequestTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            return new DeliveryResult(DeliveryOutcome.Failed, (error.InnerException as AddressRefusedException ?? error).Message);
        }
    }

    public void Dispose() => http.Dispose();

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? header?.Date - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static async Task<string> DescribeAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = $"HTTP {(int)response.StatusCode}";
        if ((int)response.StatusCode is >= 300 and < 400) return status + ", redirects are not followed";
        // Slack and most others say in a few words what they did not like.
        var buffer = new byte[ErrorTextBytes];
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        var text = new string(Encoding.UTF8.GetString(buffer, 0, length).Select(c => char.IsControl(c) ? ' ' : c).ToArray()).Trim();
        return text.Length == 0 ? status : $"{status}: {text}";
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancel);
        if (!options.AllowPrivateAddresses) addresses = Array.FindAll(addresses, PublicAddress.IsPublic);
        if (addresses.Length == 0) throw new AddressRefusedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class AddressRefusedException() : IOException("the receiver's address is not public; Alerts:AllowPrivateAddresses allows it");
}
