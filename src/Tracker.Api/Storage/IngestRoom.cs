using Microsoft.Extensions.Options;

namespace Tracker.Api.Storage;

/// <summary>
/// One budget of bytes of a node for all that is between its receipt and its commit, whatever protocol brought it: bodies that are being read, batches
/// decoded from them, records that wait for the database. What comes when it is used up is told to come again, or read later.
/// </summary>
public sealed class IngestRoom(IOptions<IngestOptions> options)
{
    private readonly long most = options.Value.WaitingMegabytes << 20;
    private long used;

    /// <summary>Bytes in use.</summary>
    public long Used => Interlocked.Read(ref used);

    /// <summary>Whether nothing more is taken.</summary>
    public bool IsFull => Used >= most;

    /// <summary>Room for one batch, nothing at first.</summary>
    public Space Open() => new(this);

    /// <summary>What one batch takes. Not for several threads at once.</summary>
    public sealed class Space(IngestRoom room) : IDisposable
    {
        private long held;

        /// <summary>Takes so many bytes in all, or leaves it as it was and says false. A batch that is alone always finds room.</summary>
        public bool TryGrow(long bytes)
        {
            var after = Interlocked.Add(ref room.used, bytes - held);
            if (after > room.most && after > bytes)
            {
                Interlocked.Add(ref room.used, held - bytes);
                return false;
            }

            held = bytes;
            return true;
        }

        /// <summary>Says what it takes from now on, which is never refused: who was let in goes on, else those who read would keep out those who wait.</summary>
        public void Set(long bytes)
        {
            Interlocked.Add(ref room.used, bytes - held);
            held = bytes;
        }

        public void Dispose() => Set(0);
    }
}
