using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace Tracker.Client;

/// <summary>What calls by REST and by gRPC have in common.</summary>
internal static class Http
{
    // Below this the server's work to unpack outweighs the bytes saved.
    private const int WorthPacking = 4 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="address">What relative addresses begin with.</param>
    /// <param name="apiKey">Null: none.</param>
    /// <param name="version">1.1 for REST, 2.0, without encryption too, for gRPC.</param>
    public static HttpClient Client(Uri address, string? apiKey, Version version)
    {
        var handler = new SocketsHttpHandler
        {
            // An address may move to another machine while a training lasts.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !address.IsLoopback,
            UseCookies = false,
            // A connection that is dead without having been closed is noticed; over HTTP/1.1 these have no meaning.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        var client = new HttpClient(handler)
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = version == HttpVersion.Version20 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
        };
        if (apiKey is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + apiKey);
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Tracker.Client", typeof(Http).Assembly.GetName().Version?.ToString(3)));
        return client;
    }

    /// <summary>One attempt; throws nothing but for cancellation.</summary>
    public static async Task<Answer> TryAsync(Func<CancellationToken, Task<Answer>> call, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await call(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer.Unclear($"no answer within {Patience.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is, it must not end the sender.
            return Answer.Unreachable(error);
        }
    }

    /// <summary>The bytes as gzip, where that is worth it; else null.</summary>
    public static byte[]? Packed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < WorthPacking) return null;
        var packed = new MemoryStream(bytes.Length / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
