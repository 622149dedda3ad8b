using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Tracker.Api.Ingest.Rest;
using Tracker.Api.Storage;
using Tracker.Core.Series;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class RecentBatchesTests(PostgresFixture postgres)
{
    private static StoredBatch Batch(long sequence, int points = 1) =>
        new(sequence, 0, new LogBatch { Scalars = [new ScalarColumn("a", new long[points], new long[points], new double[points]) { SeriesId = 0 }] });

    private static long[] Sequences(RecentBatches recent, long after) => [.. recent.After(1, after).Select(batch => batch.Sequence)];

    [Fact]
    public void Batches_are_given_only_to_a_reader_whose_next_one_is_there()
    {
        var recent = new RecentBatches();
        for (var sequence = 5; sequence <= 8; sequence++) recent.Add(1, Batch(sequence));
        Sequences(recent, 3).ShouldBeEmpty();
        Sequences(recent, 4).ShouldBe([5, 6, 7, 8]);
        Sequences(recent, 6).ShouldBe([7, 8]);
        Sequences(recent, 8).ShouldBeEmpty();
        recent.After(2, 4).ShouldBeEmpty();
    }

    [Fact]
    public void A_hole_hides_what_lies_before_it()
    {
        var recent = new RecentBatches();
        recent.Add(1, Batch(1));
        recent.Add(1, Batch(3));
        Sequences(recent, 0).ShouldBeEmpty();
        Sequences(recent, 2).ShouldBe([3]);
    }

    [Fact]
    public void What_was_read_goes_unless_another_reader_holds_it()
    {
        var recent = new RecentBatches();
        for (var sequence = 1; sequence <= 4; sequence++) recent.Add(1, Batch(sequence));
        using (recent.Hold(1))
        {
            recent.Release(1, 2);
            Sequences(recent, 0).ShouldBe([1, 2, 3, 4]);
        }

        Sequences(recent, 0).ShouldBeEmpty();
        recent.Add(1, Batch(5));
        recent.Add(1, Batch(6));
        recent.Release(1, 5);
        Sequences(recent, 4).ShouldBeEmpty();
        Sequences(recent, 5).ShouldBe([6]);
        recent.Forget(1);
        recent.Bytes.ShouldBe(0);
    }

    [Fact]
    public void Memory_is_bounded_for_all_runs_together_and_the_largest_run_gives_way()
    {
        var recent = new RecentBatches();
        recent.Add(2, Batch(1));
        for (var sequence = 1; sequence <= 1_000; sequence++)
        {
            recent.Add(1, Batch(sequence, points: 10_000));
            recent.Bytes.ShouldBeLessThanOrEqualTo(RecentBatches.MaxBytes);
        }

        recent.After(2, 0).Count.ShouldBe(1);
        Sequences(recent, 999).ShouldBe([1_000]);
    }

    [Fact]
    public void A_decoded_body_equals_what_the_journal_gives_back()
    {
        var random = new Random(11);
        for (var i = 0; i < 500; i++)
        {
            var read = LogBodyReader.Read(Encoding.UTF8.GetBytes(Body(random)), nowMs: 1_760_000_000_000);
            read.Problem.ShouldBeNull();
            var batch = read.Request!.Body;
            var names = batch.Scalars.Select(column => column.Name).Concat(batch.Histograms.Select(histogram => histogram.Name)).Distinct().ToList();
            foreach (var column in batch.Scalars) column.SeriesId = names.IndexOf(column.Name);
            foreach (var histogram in batch.Histograms) histogram.SeriesId = names.IndexOf(histogram.Name);
            Describe(JournalCodec.Decode(JournalCodec.Encode(batch), id => names[id])).ShouldBe(Describe(batch));
        }
    }

    [Fact]
    public async Task What_memory_gives_is_what_the_journal_gives_also_when_batches_of_other_nodes_lie_between()
    {
        await using var server = await TrackerServer.StartAsync(postgres, Nodes.WithoutFollowers);
        await using var other = TrackerServer.Start(server.ConnectionString, Nodes.WithoutFollowers);
        var run = await server.Client.CreateRunAsync();
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            await (await server.Client.LogAsync(run, Body(random))).JsonAsync();
            if (i % 20 == 10) await (await other.Client.LogAsync(run, Body(random))).JsonAsync();
        }

        var key = (await server.Services.GetRequiredService<RunCatalog>().FindAsync(run, CancellationToken.None))!.RunKey;
        var journal = await server.Services.GetRequiredService<JournalReader>().ReadAfterAsync(key, 0, 1 << 24, CancellationToken.None);
        var recent = server.Services.GetRequiredService<RecentBatches>();
        recent.After(key, 0).ShouldBeEmpty();
        var inMemory = recent.After(key, journal.Head - 9);
        inMemory.Count.ShouldBe(9);
        inMemory.Select(batch => $"{batch.Sequence} {batch.Writer} {Describe(batch.Batch)}")
            .ShouldBe(journal.Batches.TakeLast(9).Select(batch => $"{batch.Sequence} {batch.Writer} {Describe(batch.Batch)}"));
    }

    private static string Describe(LogBatch batch) => JsonSerializer.Serialize(new
    {
        Scalars = batch.Scalars.Select(c => new { c.Name, c.SeriesId, c.Steps, c.Times, Values = c.Values.Select(BitConverter.DoubleToInt64Bits) }),
        Histograms = batch.Histograms.Select(h => new { h.Name, h.SeriesId, h.Step, h.Time, Edges = h.Edges.Select(BitConverter.DoubleToInt64Bits), Counts = h.Counts.Select(BitConverter.DoubleToInt64Bits) }),
        batch.Events,
    });

    /// <summary>Any part in any form: columns and rows of the same names, steps that fall and repeat, values of every kind, texts that are hard to keep.</summary>
    private static string Body(Random random)
    {
        string[] values = ["1", "-0", "0.1", "\"NaN\"", "Infinity", "-Infinity", "5e-324", "1.7976931348623157e308", "0.30000001192092896", "12345678901234567890"];
        string[] texts = ["note", "", "ä\\u0000ö", "\\ud800", "😀", "tab\\t"];
        string Value() => random.Next(3) == 0 ? values[random.Next(values.Length)] : ((double)random.NextSingle()).ToString("R", CultureInfo.InvariantCulture);
        string Text() => texts[random.Next(texts.Length)];
        string List(int count, Func<string> item) => "[" + string.Join(',', Enumerable.Range(0, count).Select(_ => item())) + "]";
        string Series()
        {
            var count = random.Next(1, 6);
            var times = random.Next(2) == 0 ? "" : $",\"times\":{List(count, () => $"{random.NextInt64(1_700_000_000_000, 1_800_000_000_000)}")}";
            return $$"""{"name":"s{{random.Next(4)}}","steps":{{List(count, () => $"{random.Next(-2, 20)}")}},"values":{{List(count, Value)}}{{times}}}""";
        }

        string Row() => $$$"""{"step":{{{random.Next(10)}}},"values":{"s{{{random.Next(2)}}}":{{{Value()}}},"s{{{random.Next(2, 5)}}}":{{{Value()}}}}}""";
        string Histogram() => random.Next(2) == 0
            ? $$"""{"name":"h{{random.Next(2)}}","step":{{random.Next(9)}},"edges":[-1,0,{{random.Next(1, 5)}}],"counts":[{{random.Next(5)}},0.5]}"""
            : $$"""{"name":"h{{random.Next(2)}}","step":{{random.Next(9)}},"values":{{List(random.Next(1, 40), () => $"{random.Next(100)}.5")}}}""";
        string Event() => $$$"""{"kind":"note","name":"n","level":"{{{(random.Next(2) == 0 ? "" : "info")}}}","data":{"text":"{{{Text()}}}","value":{{{Value()}}}}}""";
        return $$"""{"series":{{List(random.Next(4), Series)}},"points":{{List(random.Next(4), Row)}},"histograms":{{List(random.Next(3), Histogram)}},"events":{{List(random.Next(3), Event)}}}""";
    }
}
