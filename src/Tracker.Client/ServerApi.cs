using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Tracker.Client;

/// <summary>The calls of one run to the server. Nothing here is tried twice and nothing throws but for cancellation.</summary>
internal sealed class ServerApi : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly RunSettings _settings;
    private readonly HttpClient _http;

    public ServerApi(RunSettings settings)
    {
        _settings = settings;
        var handler = new SocketsHttpHandler
        {
            // An address may move to another machine while a training lasts.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !settings.Url.IsLoopback,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri(settings.Url, "api/v1/"), Timeout = Timeout.InfiniteTimeSpan };
        if (settings.ApiKey is { } key) _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Tracker.Client", typeof(ServerApi).Assembly.GetName().Version?.ToString(3)));
    }

    public Task<Answer> CreateAsync(CancellationToken cancellationToken) => PostAsync("runs", Json(WriteRun), cancellationToken);

    public Task<Answer> LogAsync(Batch batch, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(batch.Body);
        content.Headers.ContentType = s_json;
        if (batch.IsGzip) content.Headers.ContentEncoding.Add("gzip");
        return PostAsync($"runs/{_settings.Id}/log", content, cancellationToken);
    }

    public Task<Answer> HeartbeatAsync(string writer, CancellationToken cancellationToken) =>
        PostAsync($"runs/{_settings.Id}/heartbeat", Json(json => json.WriteString("writer"u8, writer)), cancellationToken);

    public Task<Answer> FinishAsync(TrackerFinishState state, int? exitCode, CancellationToken cancellationToken) => PostAsync(
        $"runs/{_settings.Id}/finish",
        Json(json =>
        {
            json.WriteString("state"u8, state switch
            {
                TrackerFinishState.Failed => "failed"u8,
                TrackerFinishState.Killed => "killed"u8,
                _ => "finished"u8,
            });
            if (exitCode is { } code) json.WriteNumber("exitCode"u8, code);
        }),
        cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<Answer> PostAsync(string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_patience, _settings.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            return await Answer.ReadAsync(response, _settings.Clock, linked.Token).ConfigureAwait(false);
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

    private void WriteRun(Utf8JsonWriter json)
    {
        var options = _settings.Options;
        json.WriteString("project"u8, _settings.Project);
        json.WriteString("id"u8, _settings.Id);
        json.WriteString("resume"u8, options.Resume switch
        {
            TrackerResume.Never => "never"u8,
            TrackerResume.Must => "must"u8,
            _ => "allow"u8,
        });
        WriteText(json, "name", options.Name);
        WriteText(json, "group", options.Group);
        WriteText(json, "jobType", options.JobType);
        WriteText(json, "notes", options.Notes);
        WriteText(json, "reference", options.Reference);
        if (options.Tags is { } tags)
        {
            json.WriteStartArray("tags"u8);
            foreach (var tag in tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        json.WritePropertyName("config"u8);
        JsonValues.Write(json, options.Config ?? new Dictionary<string, object?>());
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }

    private static ByteArrayContent Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var content = new ByteArrayContent(bytes.WrittenSpan.ToArray());
        content.Headers.ContentType = s_json;
        return content;
    }
}
