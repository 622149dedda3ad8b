using Google.Protobuf;
using Tracker.Wire.V1;

namespace Tracker.Client.Grpc;

/// <summary>
/// Creating, logging and finishing by gRPC, the rest by REST. Batches lie in queue and spool as JSON, whatever sends them; here they become
/// messages, on the sender's thread.
/// </summary>
internal sealed class GrpcTransport(Uri grpcUrl, Uri url, string? apiKey, TimeProvider clock) : ITransport
{
    private readonly GrpcCalls _calls = new(grpcUrl, apiKey, clock);
    private readonly RestTransport _rest = new(url, apiKey, clock);

    public Task<Answer> CreateAsync(byte[] body, CancellationToken cancellationToken) => _calls.CallAsync(
        "CreateRun", JsonMessages.Create(body), CreateRunResponse.Parser, (answer, reply) => answer with { Url = reply.Url.Length > 0 ? reply.Url : null }, cancellationToken);

    public async Task<Answer> LogAsync(string run, Batch batch, CancellationToken cancellationToken)
    {
        LogRequest request;
        try
        {
            request = JsonMessages.Log(run, batch.Json);
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new Answer(Outcome.Refused, $"the batch cannot be read: {error.Message}");
        }

        return await _calls.CallAsync("Log", request, LogResponse.Parser, Read, cancellationToken).ConfigureAwait(false);

        static Answer Read(Answer answer, LogResponse reply) =>
            answer with { AcceptedThrough = (long)reply.AcceptedThrough, Rejected = reply.Rejected.Count, StopReason = reply.Stop?.Reason };
    }

    public Task<Answer> HeartbeatAsync(string run, string writer, CancellationToken cancellationToken) => _rest.HeartbeatAsync(run, writer, cancellationToken);

    public async Task<Answer> RequestAsync(byte[] request, CancellationToken cancellationToken)
    {
        var (_, path, body) = RunRequests.Parse(request);
        if (path.Split('/', StringSplitOptions.RemoveEmptyEntries) is not ["runs", var run, "finish"]) return await _rest.RequestAsync(request, cancellationToken).ConfigureAwait(false);
        return await _calls.CallAsync("Finish", JsonMessages.Finish(run, body), FinishResponse.Parser, null, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _calls.Dispose();
        _rest.Dispose();
    }
}
