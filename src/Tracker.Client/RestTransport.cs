using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Tracker.Client;

/// <summary>JSON over HTTP.</summary>
internal sealed class RestTransport : ITransport
{
    // Below this the server's work to unpack outweighs the bytes saved.
    private const int WorthPacking = 4 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public RestTransport(Uri url, string? apiKey, TimeProvider clock)
    {
        _clock = clock;
        var handler = new SocketsHttpHandler
        {
            // An address may move to another machine while a training lasts.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !url.IsLoopback,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri(url, "api/v1/"), Timeout = Timeout.InfiniteTimeSpan };
        if (apiKey is not null) _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + apiKey);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Tracker.Client", typeof(RestTransport).Assembly.GetName().Version?.ToString(3)));
    }

    public Task<Answer> CreateAsync(byte[] body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, "runs", body, cancellationToken);

    public Task<Answer> LogAsync(string run, Batch batch, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, $"runs/{run}/log", batch.Json, cancellationToken);

    public Task<Answer> HeartbeatAsync(string run, string writer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"runs/{run}/heartbeat", Encoding.UTF8.GetBytes($$"""{"writer":"{{writer}}"}"""), cancellationToken);

    public Task<Answer> RequestAsync(byte[] request, CancellationToken cancellationToken)
    {
        var (method, path, body) = RunRequests.Parse(request);
        return path.Length == 0 ? Task.FromResult(new Answer(Outcome.Refused, "no request")) : SendAsync(method, path.TrimStart('/'), body, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static ByteArrayContent Content(byte[] json)
    {
        if (json.Length < WorthPacking) return new ByteArrayContent(json) { Headers = { ContentType = s_json } };
        var packed = new MemoryStream(json.Length / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(json);
        return new ByteArrayContent(packed.GetBuffer(), 0, (int)packed.Length) { Headers = { ContentType = s_json, ContentEncoding = { "gzip" } } };
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, byte[] json, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_patience, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = Content(json) };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            return await Answer.ReadAsync(response, _clock, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer.Unreachable($"no answer within {s_patience.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is, it must not end the sender.
            return Answer.Unreachable(error.InnerException?.Message ?? error.Message);
        }
    }
}
