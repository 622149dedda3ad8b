using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Tracker.Api.Http;

/// <summary>
/// The blocks that Kestrel reads sockets into and writes answers in: 64 KiB instead of its 4 KiB, so that the body of a batch comes with one or two
/// calls of the kernel and as many turns of the thread pool instead of a dozen. A connection that waits for a request holds none.
/// </summary>
internal sealed class SocketBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockBytes = 64 << 10;

    /// <summary>Blocks kept for later, 8 MiB; what a burst needs beyond is left to the collector.</summary>
    private const int MostKept = 128;

    private readonly ConcurrentQueue<Block> kept = new();

    public override int MaxBufferSize => BlockBytes;

    /// <summary>All of the server's connections share one pool.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return kept.TryDequeue(out var block) ? block : new Block(this);
    }

    /// <summary>Lives as long as the process: connections that end after the host give their blocks back to it.</summary>
    protected override void Dispose(bool disposing) => kept.Clear();

    /// <summary>Pinned, since the kernel writes to it while nobody holds it.</summary>
    private sealed class Block(SocketBlocks pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = System.Runtime.InteropServices.MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose()
        {
            if (pool.kept.Count < MostKept) pool.kept.Enqueue(this);
        }
    }
}
