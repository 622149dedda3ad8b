using System.Collections.Concurrent;
using Shouldly;
using Tracker.Client.Spooling;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>What lies on disk, and how it finds its way to the server.</summary>
public sealed class SpoolTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _reports = [];
    private readonly TemporaryFolder _folder = new();
    private FaultServer _server = null!;
    private volatile bool _isAway;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FaultServer.StartAsync();
        _server.Fault = async (context, request) => _isAway && await FaultServer.Problem(context, 503, "away");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_torn_tail_costs_the_last_record_and_no_other()
    {
        byte[][] payloads = [.. Enumerable.Range(0, 4).Select(n => Enumerable.Range(0, 20 + (n * 7)).Select(i => (byte)(i * n)).ToArray())];
        using (var spool = Spool.Create(_folder.Path, Head("torn"), long.MaxValue))
        {
            for (var n = 0; n < payloads.Length; n++) spool.Append(SpoolRecordKind.Batch, n + 1, n, payloads[n], out _).ShouldNotBeNull();
        }

        var file = Directory.GetFiles(_folder["torn"], "*.log").ShouldHaveSingleItem();
        var whole = File.ReadAllBytes(file);
        var ends = payloads.Select((_, n) => payloads.Take(n + 1).Sum(p => SpoolRecord.HeaderBytes + p.Length)).ToArray();
        ends[^1].ShouldBe(whole.Length);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            using var taken = Spool.TryTake(_folder["torn"])!;
            var places = taken.ReadAll();
            places.Count.ShouldBe(ends.Count(end => end <= length));
            for (var n = 0; n < places.Count; n++)
            {
                places[n].Record.Number.ShouldBe(n + 1);
                taken.Read(places[n]).ShouldBe(payloads[n]);
            }
        }
    }

    [Fact]
    public void A_spoilt_byte_ends_its_segment_before_it()
    {
        using (var spool = Spool.Create(_folder.Path, Head("spoilt"), long.MaxValue))
        {
            for (var n = 1; n <= 3; n++) spool.Append(SpoolRecordKind.Batch, n, 1, new byte[100], out _);
        }

        var file = Directory.GetFiles(_folder["spoilt"], "*.log").Single();
        var bytes = File.ReadAllBytes(file);
        bytes[124 + 50] ^= 1;
        File.WriteAllBytes(file, bytes);
        using var taken = Spool.TryTake(_folder["spoilt"])!;
        taken.ReadAll().Select(place => place.Record.Number).ShouldBe([1]);
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void The_checksum_is_that_of_zlib(string text, uint expected) => Crc32.Of(System.Text.Encoding.ASCII.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void A_spool_is_held_by_one_at_a_time()
    {
        using var writer = Spool.Create(_folder.Path, Head("held"), long.MaxValue);
        Spool.TryTake(_folder["held"]).ShouldBeNull();
        writer.Dispose();
        using var taken = Spool.TryTake(_folder["held"]);
        taken.ShouldNotBeNull();
        Spool.TryTake(_folder["held"]).ShouldBeNull();
    }

    [Fact]
    public async Task A_run_that_everything_was_taken_of_leaves_nothing()
    {
        await using (var run = await StartAsync("clean"))
        {
            for (var step = 0; step < 1_000; step++) run.Log(step, ("loss", step));
            Directory.GetDirectories(_folder.Path).ShouldHaveSingleItem();
        }

        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_one_process_could_not_send_the_next_sends_in_order_under_its_numbers_with_its_end()
    {
        _isAway = true;
        var first = await StartAsync("first", flush: 1);
        for (var step = 0; step < 40_000; step++) first.Log(step, ("loss", step));
        var finish = await first.FinishAsync(TrackerFinishState.Failed, TimeSpan.FromMilliseconds(50), exitCode: 7, cancellationToken: Cancel);
        finish.ShouldSatisfyAllConditions(f => f.Complete.ShouldBeFalse(), f => f.Left.ShouldBe(40_000), f => f.Dropped.ShouldBe(0), f => f.Spool.ShouldStartWith(_folder.Path));
        _reports.ShouldContain(line => line.Contains("tracker sync", StringComparison.Ordinal));
        _server.Requests.Clear();

        _isAway = false;
        await using var second = await StartAsync("second");
        await Waiting.Until(() => second.Statistics.Recovered == 40_000 && Directory.GetDirectories(_folder.Path).Length == 1, "what was left is sent");
        var sent = _server.Requests.Where(request => request.Path.Contains("/runs/first/", StringComparison.Ordinal)).ToList();
        sent.Where(request => request.IsLog).Select(log => log.Batch).ShouldBe(Enumerable.Range(1, sent.Count - 1).Select(n => (long)n));
        sent.Where(request => request.IsLog).Select(log => log.Writer).Distinct().ShouldHaveSingleItem();
        sent[^1].Body.ToJsonString().ShouldBe("""{"state":"failed","exitCode":7}""");
        _server.Points().Select(point => point.Step).ShouldBe(Enumerable.Range(0, 40_000).Select(n => (long)n));
    }

    [Fact]
    public async Task What_is_left_of_the_same_run_goes_before_what_comes_new()
    {
        _isAway = true;
        var before = await StartAsync("same");
        for (var step = 0; step < 100; step++) before.Log(step, ("loss", step));
        await before.FinishAsync(timeout: TimeSpan.Zero, cancellationToken: Cancel);
        _isAway = false;
        await using (var after = await StartAsync("same"))
        {
            for (var step = 100; step < 200; step++) after.Log(step, ("loss", step));
        }

        _server.Points().Select(point => point.Step).ShouldBe(Enumerable.Range(0, 200).Select(n => (long)n));
    }

    [Fact]
    public async Task A_long_outage_fills_the_disk_not_the_memory_and_loses_nothing()
    {
        _isAway = true;
        await using var run = await StartAsync("long", flush: 1);
        var random = new Random(1);
        const int steps = 1_000_000;
        for (var step = 0; step < steps; step++) run.Log(step, ("loss", random.NextDouble()));
        await Waiting.Until(() => run.Statistics.PendingBytes < 18 * 1024 * 1024 && run.Statistics.SpooledBytes > 30 * 1024 * 1024, "all of it is on disk");
        _isAway = false;
        (await run.FinishAsync(timeout: TimeSpan.FromMinutes(1), cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));
        _server.Points().Select(point => point.Step).ShouldBe(Enumerable.Range(0, steps).Select(n => (long)n));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_told_and_memory_serves()
    {
        File.WriteAllText(_folder["file"], "in the way");
        await using var run = await StartAsync("memory", spool: _folder["file"]);
        run.Log(1, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        _reports.ShouldContain(line => line.Contains("in memory alone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Offline_runs_are_sent_when_somebody_asks_and_not_before()
    {
        await using (var offline = await StartAsync("offline", mode: TrackerMode.Offline))
        {
            for (var step = 0; step < 100; step++) offline.Log(step, ("loss", step));
            offline.Update(new TrackerRunUpdate { Tags = ["late"] });
            offline.Url.ShouldBeNull();
        }

        await using (var other = await StartAsync("other")) other.Log(0, ("x", 0));
        _server.Requests.ShouldNotContain(request => request.Path.Contains("offline", StringComparison.Ordinal));
        var spool = TrackerSpool.List(_folder.Path).ShouldHaveSingleItem();
        spool.ShouldSatisfyAllConditions(s => s.Run.ShouldBe("offline"), s => s.IsOffline.ShouldBeTrue());

        var result = await TrackerSpool.SendAsync(spool, cancellationToken: Cancel);
        result.ShouldBe(new TrackerSpoolResult("offline", 100, 0));
        TrackerSpool.List(_folder.Path).ShouldBeEmpty();
        _server.Points().Count(point => point.Series == "loss").ShouldBe(100);
        _server.Requests.ShouldContain(request => request.Body.ToJsonString() == """{"tags":["late"]}""");
        _server.Requests.Last().Body.ToJsonString().ShouldBe("""{"state":"finished"}""");
    }

    [Fact]
    public async Task Sending_a_spool_gives_up_when_its_patience_is_over_and_keeps_it()
    {
        await using (var offline = await StartAsync("kept", mode: TrackerMode.Offline)) offline.Log(1, ("loss", 1));
        _isAway = true;
        var spool = TrackerSpool.List(_folder.Path).Single();
        await Should.ThrowAsync<TimeoutException>(() => TrackerSpool.SendAsync(spool, patience: TimeSpan.FromMilliseconds(200), report: _reports.Enqueue, cancellationToken: Cancel));
        TrackerSpool.List(_folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_hole_in_the_numbers_is_closed_under_another_writer_that_is_remembered()
    {
        using (var spool = Spool.Create(_folder.Path, Head("net-hole", "hole"), long.MaxValue))
        {
            foreach (var number in new[] { 1, 3, 4 }) spool.Append(SpoolRecordKind.Batch, number, 1, Body("net-hole", number), out _);
        }

        // As the real server: the next number of its writer, or 409.
        var through = new ConcurrentDictionary<string, long>();
        _server.Fault = async (context, request) =>
        {
            if (!request.IsLog) return false;
            var last = through.GetOrAdd(request.Writer, 0);
            if (request.Batch > last + 1) return await FaultServer.Problem(context, 409, "gap", new { acceptedThrough = last });
            through[request.Writer] = Math.Max(last, request.Batch);
            return false;
        };
        await TrackerSpool.SendAsync(TrackerSpool.List(_folder.Path).Single(), _server.Url, report: _reports.Enqueue, cancellationToken: Cancel);
        through.Count.ShouldBe(2);
        through["net-hole"].ShouldBe(1);
        through.Single(writer => writer.Key != "net-hole").Value.ShouldBe(2);
    }

    [Fact]
    public async Task A_remembered_position_is_read_by_the_next_process()
    {
        using (var spool = Spool.Create(_folder.Path, Head("net-moved", "moved"), long.MaxValue))
        {
            spool.Append(SpoolRecordKind.Batch, 5, 1, Body("net-moved", 5), out _);
            new SpoolPosition("net-new", 4).Write(spool.Folder);
        }

        using var taken = Spool.TryTake(_folder["net-moved"])!;
        using var queue = new BatchQueue(taken, _ => { });
        var batch = (await queue.NextAsync(Cancel))!;
        (batch.Writer, batch.Number).ShouldBe(("net-new", 2));
        System.Text.Encoding.UTF8.GetString(batch.Json).ShouldStartWith("""{"writer":"net-new","batch":2,"series":""");
    }

    private static SpoolHead Head(string writer, string run = "run") => new(writer, run, "http://127.0.0.1:9", """{"project":"p","id":"run","resume":"never"}"""u8.ToArray(), false);

    private static byte[] Body(string writer, int number) =>
        System.Text.Encoding.UTF8.GetBytes($$"""{"writer":"{{writer}}","batch":{{number}},"series":[{"name":"loss","steps":[{{number}}],"values":[1]}]}""");

    private Task<TrackerRun> StartAsync(string id, int flush = 20, TrackerMode mode = TrackerMode.Online, string? spool = null) => TrackerRun.StartAsync(
        new TrackerRunOptions
        {
            Id = id,
            Url = _server.Url,
            Project = "tests",
            Mode = mode,
            Collect = TrackerCollect.None,
            FlushInterval = TimeSpan.FromMilliseconds(flush),
            SpoolFolder = spool ?? _folder.Path,
            Report = _reports.Enqueue,
        },
        Cancel);
}
