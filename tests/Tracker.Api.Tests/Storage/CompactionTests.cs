using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class CompactionTests(PostgresFixture postgres)
{
    private static readonly string[] Odd = ["NaN", "Infinity", "-Infinity", "-0", "5E-324", "1.7976931348623157E+308", "0.1", "3"];

    /// <summary>Batches with every kind of value, repeated and late steps, two series, histograms and events.</summary>
    private static IEnumerable<string> Batches(int count) => Enumerable.Range(1, count).Select(n =>
    {
        var value = Odd[n % Odd.Length];
        var quoted = value.Contains('n', StringComparison.OrdinalIgnoreCase) ? $"\"{value}\"" : value;
        var step = n % 7 == 0 ? n - 5 : n;
        return $$$"""
            {"writer":"w","batch":{{{n}}},"points":[{"step":{{{step}}},"time":{{{n * 1000}}},"values":{"a":{{{quoted}}},"b":{{{n}}}}},{"step":{{{step}}},"time":{{{n * 1000}}},"values":{"b":{{{n}}}.5}}],
             "histograms":[{"name":"h","step":{{{n}}},"edges":[0,1,2],"counts":[{{{n}}},1]}],"events":[{"kind":"note","name":"n{{{n}}}"}]}
            """;
    });

    private static async Task<List<string>> EverythingAsync(HttpClient client, string run)
    {
        var points = await client.GetStringAsync(new Uri($"/api/v1/runs/{run}/points?format=ndjson&name=a&name=b", UriKind.Relative));
        var json = await client.JsonAsync($"/api/v1/runs/{run}/points?name=a&name=b");
        var histograms = await client.JsonAsync($"/api/v1/runs/{run}/histograms?name=h");
        var events = await client.JsonAsync($"/api/v1/runs/{run}/events?kind=note&limit=1000");
        var series = await client.JsonAsync($"/api/v1/runs/{run}/series");
        return [points, json.GetRawText(), histograms.GetRawText(), events.GetRawText(), series.GetProperty("items").GetRawText()];
    }

    [Fact]
    public async Task What_is_read_is_the_same_before_between_and_after_compactions_however_often_they_are_cut_short()
    {
        // No follower: the test itself is one, and drops it at every point.
        await using var server = await TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);
        var run = await server.Client.CreateRunAsync();
        foreach (var batch in Batches(60)) await (await server.Client.LogAsync(run, batch)).JsonAsync();
        var before = await EverythingAsync(server.Client, run);
        before[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(180);

        var journal = server.Services.GetRequiredService<JournalReader>();
        var key = (await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!;
        var factory = server.Services.GetRequiredService<IEnumerable<IJournalConsumerFactory>>().OfType<CompactorFactory>().Single();
        long position = 0;
        for (var round = 0; position < 61; round++)
        {
            var compactor = factory.Create(key);
            position = await compactor.OpenAsync(CancellationToken.None);
            var page = await journal.ReadAfterAsync(key.RunKey, position, 1 << 20, CancellationToken.None);
            page.Gap.ShouldBeFalse();
            await compactor.TakeAsync([.. page.Batches.Take(1 + (round % 4))], CancellationToken.None);
            // Every other one dies with a tail in its memory.
            if (round % 2 == 0) await compactor.FlushAsync(everything: true, CancellationToken.None);
            (await EverythingAsync(server.Client, run)).ShouldBe(before);
        }
    }

    [Fact]
    public async Task Two_compactors_of_one_run_never_write_twice()
    {
        await using var server = await TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);
        var run = await server.Client.CreateRunAsync();
        foreach (var batch in Batches(10)) await (await server.Client.LogAsync(run, batch)).JsonAsync();
        var before = await EverythingAsync(server.Client, run);
        var key = (await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!;
        var factory = server.Services.GetRequiredService<IEnumerable<IJournalConsumerFactory>>().OfType<CompactorFactory>().Single();
        var (one, paused) = (factory.Create(key), factory.Create(key));
        await one.OpenAsync(CancellationToken.None);
        await paused.OpenAsync(CancellationToken.None);
        var page = await server.Services.GetRequiredService<JournalReader>().ReadAfterAsync(key.RunKey, 0, 1 << 20, CancellationToken.None);
        await one.TakeAsync(page.Batches, CancellationToken.None);
        await paused.TakeAsync([.. page.Batches.Take(5)], CancellationToken.None);
        await one.FlushAsync(everything: true, CancellationToken.None);
        await Should.ThrowAsync<CursorMovedException>(() => paused.FlushAsync(everything: true, CancellationToken.None));
        (await EverythingAsync(server.Client, run)).ShouldBe(before);
    }

    [Fact]
    public async Task Many_small_compactions_end_in_few_chunks_and_the_history_gives_the_batches_back()
    {
        await using var server = await TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);
        var run = await server.Client.CreateRunAsync();
        foreach (var batch in Batches(120)) await (await server.Client.LogAsync(run, batch)).JsonAsync();
        var before = await EverythingAsync(server.Client, run);
        var key = (await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!;
        var original = await server.Services.GetRequiredService<JournalReader>().ReadAfterAsync(key.RunKey, 0, 1 << 22, CancellationToken.None);
        var compactor = server.Services.GetRequiredService<IEnumerable<IJournalConsumerFactory>>().OfType<CompactorFactory>().Single().Create(key);
        await compactor.OpenAsync(CancellationToken.None);
        foreach (var batch in original.Batches)
        {
            await compactor.TakeAsync([batch], CancellationToken.None);
            await compactor.FlushAsync(everything: true, CancellationToken.None);
        }

        (await EverythingAsync(server.Client, run)).ShouldBe(before);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var count = database.CreateCommand("select max(n) from (select count(*) n from chunks group by series_id) c");
        ((long)(await count.ExecuteScalarAsync())!).ShouldBeLessThan(20);

        var (history, through) = await server.Services.GetRequiredService<HistoryReader>().ReadAfterAsync(key.RunKey, 0, original.Head, CancellationToken.None);
        through.ShouldBe(original.Head);
        Describe(history).ShouldBe(Describe(original.Batches));
    }

    private static List<string> Describe(IEnumerable<Core.Series.StoredBatch> batches) => [.. batches.Select(batch => string.Create(CultureInfo.InvariantCulture,
        $"{batch.Sequence} {string.Join(' ', batch.Batch.Scalars.OrderBy(c => c.SeriesId).Select(c => $"{c.Name}:{string.Join(',', c.Steps)}:{string.Join(',', c.Times)}:{string.Join(',', c.Values.Select(BitConverter.DoubleToInt64Bits))}"))} {JsonSerializer.Serialize(batch.Batch.Histograms.Select(h => new { h.Name, h.Step, h.Edges, h.Counts }))} {string.Join(',', batch.Batch.Events.Select(e => e.Kind + e.Name))}"))];
}
