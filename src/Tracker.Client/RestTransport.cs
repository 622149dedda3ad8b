using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tracker.Client;

/// <summary>JSON over HTTP.</summary>
internal sealed class RestTransport(Uri url, string? apiKey, TimeProvider clock) : ITransport
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly HttpClient _http = Http.Client(new Uri(url, "api/v1/"), apiKey, HttpVersion.Version11);

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
        var packed = Http.Packed(json);
        var content = new ByteArrayContent(packed ?? json) { Headers = { ContentType = s_json } };
        if (packed is not null) content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    private Task<Answer> SendAsync(HttpMethod method, string path, byte[] json, CancellationToken cancellationToken) => Http.TryAsync(
        async cancel =>
        {
            using var request = new HttpRequestMessage(method, path) { Content = Content(json) };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            return await Answer.ReadAsync(response, clock, cancel).ConfigureAwait(false);
        },
        clock,
        cancellationToken);
}
