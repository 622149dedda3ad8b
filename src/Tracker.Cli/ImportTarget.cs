using System.Text.Json;
using Tracker.Client;

namespace Tracker.Cli;

/// <summary>Where imported runs go.</summary>
internal sealed record ImportTarget(Uri Server, string? Project, bool IsJson)
{
    private const long MostPendingBytes = 16 * 1024 * 1024;

    public Task<TrackerRun> StartAsync(string name, string source, string from, CancellationToken cancellationToken) => TrackerRun.StartAsync(
        new TrackerRunOptions
        {
            Url = Server,
            Project = Project ?? Environment.GetEnvironmentVariable("TRACKER_PROJECT") ?? "imported",
            Name = name,
            Tags = ["imported", source],
            Notes = $"imported from {from}",
            Mode = TrackerMode.Online,
            // The files are there to be read again, and the machine is not the one that trained.
            SpoolFolder = "",
            Collect = TrackerCollect.None,
            EndsOnSignals = false,
            StateOnDispose = TrackerFinishState.Failed,
            Report = Console.Error.WriteLine,
        },
        cancellationToken);

    /// <summary>Nothing is dropped: files are read no faster than the server takes what is in them.</summary>
    public static async Task WaitForRoomAsync(TrackerRun run, CancellationToken cancellationToken)
    {
        while (run.Statistics.PendingBytes > MostPendingBytes) await Task.Delay(10, cancellationToken);
    }

    /// <summary>Ends the run and says what became of it.</summary>
    public async Task<int> FinishAsync(TrackerRun run, string from, long skipped)
    {
        var finish = await run.FinishAsync(TrackerFinishState.Finished, TimeSpan.FromMinutes(5), cancellationToken: CancellationToken.None);
        var statistics = run.Statistics;
        if (IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                from, run = run.Id, url = run.Url, points = statistics.Acknowledged, rejected = statistics.Rejected, dropped = finish.Dropped, left = finish.Left, skipped,
            }));
        }
        else
        {
            Console.WriteLine($"{from}: {statistics.Acknowledged:N0} points and histograms{(skipped > 0 ? $", {skipped:N0} of other kinds left out" : "")}: {run.Url}");
        }

        return finish.Complete ? 0 : CommandException.Incomplete;
    }
}
