using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Testing;

namespace Tracker.Api.Tests.Storage;

/// <summary>A server whose followers are off: the test itself moves a run's journal to chunks, when and as far as it wants.</summary>
internal sealed class ManualCompaction(TrackerServer server, RunRef run)
{
    private readonly IJournalConsumer compactor =
        server.Services.GetRequiredService<IEnumerable<IJournalConsumerFactory>>().OfType<CompactorFactory>().Single().Create(run);

    public static Task<TrackerServer> StartServerAsync(PostgresFixture postgres) => TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);

    public static async Task<ManualCompaction> OfAsync(TrackerServer server, string run) =>
        new(server, (await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!);

    public RunRef Run => run;

    /// <summary>Everything that the journal holds now, in groups of so many batches, each compacted on its own.</summary>
    public async Task CompactAsync(int group = int.MaxValue)
    {
        var position = await compactor.OpenAsync(CancellationToken.None);
        var page = await server.Services.GetRequiredService<JournalReader>().ReadAfterAsync(run.RunKey, position, 1 << 26, CancellationToken.None);
        foreach (var batches in page.Batches.Chunk(Math.Min(group, Math.Max(1, page.Batches.Count))))
        {
            await compactor.TakeAsync(batches, CancellationToken.None);
            await compactor.FlushAsync(everything: true, CancellationToken.None);
        }
    }
}
