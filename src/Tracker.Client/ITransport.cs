namespace Tracker.Client;

/// <summary>The calls to a server. None is tried twice, none throws but for cancellation.</summary>
internal interface ITransport : IDisposable
{
    /// <param name="body">JSON of <c>POST /runs</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Answer> CreateAsync(byte[] body, CancellationToken cancellationToken);

    Task<Answer> LogAsync(string run, Batch batch, CancellationToken cancellationToken);

    Task<Answer> HeartbeatAsync(string run, string writer, CancellationToken cancellationToken);

    /// <param name="request">JSON: <c>{"method", "path", "body"}</c>, the path under <c>/api/v1</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Answer> RequestAsync(byte[] request, CancellationToken cancellationToken);
}
