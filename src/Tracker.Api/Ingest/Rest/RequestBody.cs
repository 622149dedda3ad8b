using System.Buffers;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>A whole body in a pooled buffer, which grows with what has come, not with what was announced.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 16 << 10;

    private byte[] buffer = [];
    private int length;

    public bool TooLarge { get; private set; }

    /// <summary>The node has no room for it; what came was thrown away.</summary>
    public bool NoRoom { get; private set; }

    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    /// <param name="request">Its body after decompression.</param>
    /// <param name="space">Charged twice the buffer: what the body becomes is known only when it has been read.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, IngestRoom.Space space, CancellationToken cancel)
    {
        var body = new RequestBody();
        body.Grow((int)Math.Clamp(request.ContentLength ?? FirstBytes, 0, FirstBytes - 1) + 1, space);
        while (!body.NoRoom)
        {
            var read = await request.Body.ReadAsync(body.buffer.AsMemory(body.length), cancel);
            if (read == 0) return body;
            body.length += read;
            if (body.length > SeriesLimits.MaxBodyBytes)
            {
                body.TooLarge = true;
                return body;
            }

            if (body.length == body.buffer.Length) body.Grow(Math.Min(body.length * 4, SeriesLimits.MaxBodyBytes + 1), space);
        }

        return body;
    }

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        (buffer, length) = ([], 0);
    }

    private void Grow(int bytes, IngestRoom.Space space)
    {
        if (!space.TryGrow(2L * bytes))
        {
            NoRoom = true;
            Dispose();
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(bytes);
        Bytes.CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
