namespace Tracker.Client.Spooling;

/// <summary>
/// Sends what earlier processes of this machine left for the same server. A spool is read by whoever holds its lock, so two processes
/// never send the same one; and were a batch sent twice, its writer and number would make it count once.
/// </summary>
internal sealed class Recovery(RunSettings settings, ITransport transport)
{
    private long _sent;

    /// <summary>Points, histograms and events.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>What is left of the same run.</summary>
    public Task SendOwnAsync(CancellationToken cancellationToken) => SendAsync(isOwn: true, cancellationToken);

    /// <summary>What is left of other runs, one after the other.</summary>
    public Task SendOthersAsync(CancellationToken cancellationToken) => SendAsync(isOwn: false, cancellationToken);

    private async Task SendAsync(bool isOwn, CancellationToken cancellationToken)
    {
        foreach (var folder in Folders())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Spool.HeadOf(folder) is not { IsOffline: false } head || (head.Run == settings.Id) != isOwn || !IsHere(head.Url)) continue;
            if (Spool.TryTake(folder) is not { } spool) continue;
            using (spool)
            {
                try
                {
                    var report = await SpoolSending.SendAsync(spool, settings.Url, transport, settings.Clock, settings.Report, null, null, cancellationToken).ConfigureAwait(false);
                    Interlocked.Add(ref _sent, report.Sent);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    settings.Report($"tracker: {folder} cannot be read: {error.Message}");
                }
            }
        }
    }

    private IReadOnlyList<string> Folders()
    {
        try
        {
            return Spool.Find(settings.SpoolFolder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private bool IsHere(string url) => Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address == settings.Url;
}
