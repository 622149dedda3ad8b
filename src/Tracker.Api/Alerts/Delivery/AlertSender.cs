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
public readonly record struct DeliveryResult(DeliveryOutcome Outcome, string? Error = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Where the message stands at the receiver, so that a later one changes it in place; null where it cannot be changed.</summary>
    public string? Reference { get; init; }

    /// <summary>What the receiver answered, for the sender to read; never kept.</summary>
    internal byte[] Answer { get; init; } = [];

    public static DeliveryResult Fail(string error) => new(DeliveryOutcome.Failed, error);
}

/// <summary>
/// Sends one request to a receiver that is not trusted: connections by <see cref="GuardedConnector"/>, no proxy, no redirect, no cookies, a time limit, and next
/// to nothing of the answer is read.
/// </summary>
public sealed class AlertSender : IDisposable
{
    private const int ErrorTextBytes = 200;

    private readonly HttpMessageInvoker http;
    private readonly AlertOptions options;
    private readonly TimeProvider time;

    public AlertSender(GuardedConnector connector, IOptions<AlertOptions> options, TimeProvider time)
    {
        this.options = options.Value;
        this.time = time;
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = (context, cancel) => connector.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel),
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
    /// <param name="request">The request.</param>
    /// <param name="cancel">Cancels.</param>
    /// <param name="answerBytes">How much of the answer to a success is read; 0 for nothing of it.</param>
    public async Task<DeliveryResult> SendAsync(HttpRequestMessage request, CancellationToken cancel, int answerBytes = 0)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.RequestTimeout);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            if (response.IsSuccessStatusCode)
                return new DeliveryResult(DeliveryOutcome.Delivered) { Answer = answerBytes > 0 ? await ReadAsync(response, answerBytes, limit.Token) : [] };
            var error = await DescribeAsync(response, limit.Token);
            return response.StatusCode == HttpStatusCode.Gone
                ? new DeliveryResult(DeliveryOutcome.Gone, error)
                : new DeliveryResult(DeliveryOutcome.Failed, error, RetryAfter(response));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return DeliveryResult.Fail($"no answer within {options.RequestTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            return DeliveryResult.Fail((error.InnerException as AddressRefusedException ?? error).Message);
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
        var answer = Encoding.UTF8.GetString(await ReadAsync(response, ErrorTextBytes, cancel));
        var text = new string(answer.Select(c => char.IsControl(c) ? ' ' : c).ToArray()).Trim();
        return text.Length == 0 ? status : $"{status}: {text}";
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancel)
    {
        var buffer = new byte[most];
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return buffer[..length];
    }
}
