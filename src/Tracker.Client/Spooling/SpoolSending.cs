namespace Tracker.Client.Spooling;

/// <summary>Sends one spool that was taken, with its writer and numbers, and removes it when all of it is settled.</summary>
internal static class SpoolSending
{
    /// <exception cref="TimeoutException">The server did not take anything for as long as the patience lasted.</exception>
    /// <exception cref="IOException">The spool cannot be read.</exception>
    public static async Task<(long Sent, long Dropped)> SendAsync(
        Spool spool, Uri url, ITransport transport, TimeProvider clock, Action<string> report, TimeSpan? patience, IProgress<TrackerSpoolProgress>? progress, CancellationToken cancellationToken)
    {
        var create = RunRequests.CreateAgain(spool.Head.Create, keepMust: false);
        Sender? sender = null;
        using var queue = new BatchQueue(spool, trouble => sender?.TellOnce(trouble));
        var total = queue.Left;
        sender = new Sender(new SendTarget(spool.Head.Run, url, create, clock, report) { Patience = patience }, queue, transport);
        // Nothing was logged and nothing is to be told: its process died before that, or while it tidied up.
        if (queue.Count > 0 || spool.Head.IsOffline)
        {
            var sending = sender.RunAsync(null, cancellationToken);
            while (progress is not null && await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(100), clock, CancellationToken.None)).ConfigureAwait(false) != sending)
                progress.Report(new TrackerSpoolProgress(spool.Head.Run, sender.Acknowledged, total));
            await sending.ConfigureAwait(false);
        }

        progress?.Report(new TrackerSpoolProgress(spool.Head.Run, sender.Acknowledged, total));
        spool.Delete();
        return (sender.Acknowledged, sender.Dropped);
    }
}
