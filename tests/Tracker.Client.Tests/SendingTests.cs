using System.Collections.Concurrent;
using Shouldly;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>What becomes of batches when the way to the server is bad.</summary>
public sealed class SendingTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _reports = [];
    private FaultServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await FaultServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_is_logged_arrives_in_columns_with_steps_times_and_values()
    {
        await using var run = await StartAsync();
        run.Log(3, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), ("train/loss", 0.5), ("lr", 1e-3));
        run.Log(4, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_456), ("train/loss", 0.25));
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));

        var series = _server.Logs.SelectMany(log => log.Body["series"]!.AsArray()).ToList();
        series.Select(s => (string)s!["name"]!).ShouldBe(["train/loss", "lr"]);
        series[0]!["steps"]!.ToJsonString().ShouldBe("[3,4]");
        series[0]!["values"]!.ToJsonString().ShouldBe("[0.5,0.25]");
        series[0]!["times"]!.ToJsonString().ShouldBe("[1700000000123,1700000000456]");
    }

    [Fact]
    public async Task Values_that_are_no_numbers_travel_as_strings()
    {
        await using var run = await StartAsync();
        run.Log(1, ("a", double.NaN), ("b", double.PositiveInfinity), ("c", double.NegativeInfinity), ("d", -0.0));
        await run.FinishAsync(cancellationToken: Cancel);
        _server.Points().ShouldBe([("a", 1, "NaN"), ("b", 1, "Infinity"), ("c", 1, "-Infinity"), ("d", 1, "-0")]);
    }

    [Fact]
    public async Task A_batch_whose_answer_is_lost_is_sent_again_byte_for_byte()
    {
        var cuts = 2;
        _server.Fault = (context, request) =>
        {
            if (!request.IsLog || cuts-- <= 0) return Task.FromResult(false);
            context.Abort();
            return Task.FromResult(true);
        };
        await using var run = await StartAsync();
        for (var step = 0; step < 2_000; step++) run.Log(step, ("loss", step * 0.1), ("lr", 0.1));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();

        var first = _server.Logs.Where(log => log.Batch == 1).ToList();
        first.Count.ShouldBe(3);
        first.ShouldAllBe(log => log.Bytes.SequenceEqual(first[0].Bytes));
        _server.Points().Count(point => point.Series == "loss").ShouldBe(2_000);
        run.Statistics.Acknowledged.ShouldBe(4_000);
        run.Statistics.Retries.ShouldBe(2);
    }

    [Fact]
    public async Task A_busy_server_gets_the_batch_later()
    {
        var busy = 3;
        _server.Fault = async (context, request) =>
        {
            if (!request.IsLog || busy-- <= 0) return false;
            context.Response.Headers.RetryAfter = "0";
            return await FaultServer.Problem(context, busy == 1 ? 503 : 429, "busy");
        };
        await using var run = await StartAsync();
        run.Log(1, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        _server.Logs.Count().ShouldBe(4);
        _server.Points().ShouldBe([("loss", 1, "1")]);
        // Three times busy in two ways: told once each.
        _reports.Count(line => line.Contains("trying on", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task One_batch_is_under_way_at_a_time_and_numbers_have_no_gaps()
    {
        int current = 0, most = 0;
        _server.Fault = async (_, request) =>
        {
            if (!request.IsLog) return false;
            most = Math.Max(most, Interlocked.Increment(ref current));
            await Task.Delay(5, Cancel);
            Interlocked.Decrement(ref current);
            return false;
        };
        await using var run = await StartAsync(flush: 1);
        for (var step = 0; step < 300; step++)
        {
            run.Log(step, ("loss", step));
            if (step % 10 == 0) await Task.Delay(1, Cancel);
        }

        await run.FinishAsync(cancellationToken: Cancel);
        most.ShouldBe(1);
        _server.Logs.Select(log => log.Batch).ShouldBe(Enumerable.Range(1, _server.Logs.Count()).Select(n => (long)n));
        _server.Logs.Select(log => log.Writer).Distinct().Count().ShouldBe(1);
        _server.Points().Select(point => point.Step).ShouldBe(Enumerable.Range(0, 300).Select(n => (long)n));
    }

    [Fact]
    public async Task A_server_that_lost_batches_gets_the_rest_under_a_new_writer()
    {
        string? lost = null;
        _server.Fault = async (context, request) =>
        {
            if (!request.IsLog || request.Batch == 1 || (lost ??= request.Writer) != request.Writer) return false;
            return await FaultServer.Problem(context, 409, "gap", new { acceptedThrough = 0 });
        };
        await using var run = await StartAsync(flush: 1);
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Batches == 1, "the first batch is acknowledged");
        for (var step = 2; step < 3_000; step++) run.Log(step, ("loss", step));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();

        var taken = _server.Logs.Where(log => log.Writer != lost || log.Batch == 1).ToList();
        taken.Where(log => log.Writer != lost).Select(log => log.Batch).ShouldBe(Enumerable.Range(1, taken.Count - 1).Select(n => (long)n));
        FaultServer.PointsOf(taken).Select(point => point.Step).ShouldBe(Enumerable.Range(1, 2_999).Select(n => (long)n));
    }

    [Fact]
    public async Task A_refused_batch_is_dropped_counted_and_told_and_the_next_arrives()
    {
        _server.Fault = async (context, request) =>
            request.IsLog && request.Body["series"]?[0]!["name"]!.ToString() == "bad" && await FaultServer.Problem(context, 422, "no such thing");
        await using var run = await StartAsync(flush: 1);
        run.Log(1, ("bad", 1), ("bad", 2));
        await Waiting.Until(() => run.Statistics.Dropped == 2, "the batch is dropped");
        run.Log(2, ("good", 1));
        var finish = await run.FinishAsync(cancellationToken: Cancel);
        finish.ShouldBe(new TrackerFinish(false, 0, 2));
        run.Statistics.Acknowledged.ShouldBe(1);
        _reports.ShouldContain(line => line.Contains("422", StringComparison.Ordinal) && line.Contains("no such thing", StringComparison.Ordinal));

        // An empty batch takes the number of the one that was dropped, whether the server has seen it or not.
        _server.Logs.Select(log => log.Writer).Distinct().Count().ShouldBe(1);
        _server.Logs.Select(log => (log.Batch, log.Body["series"] is not null)).ShouldBe([(1, true), (1, false), (2, true)]);
    }

    [Fact]
    public async Task A_deleted_run_takes_nothing_more_and_training_goes_on()
    {
        _server.Fault = async (context, request) => request.IsLog && await FaultServer.Problem(context, 410, "deleted");
        await using var run = await StartAsync(flush: 1);
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Dropped == 1, "the batch is dropped");
        for (var step = 2; step <= 100; step++) run.Log(step, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(false, 0, 100));
        _server.Logs.Count().ShouldBe(1);
        _reports.ShouldContain(line => line.Contains("deleted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_the_server_forgot_is_created_again()
    {
        var known = true;
        _server.Fault = async (context, request) =>
        {
            if (request.Path == "/api/v1/runs") known = true;
            return request.IsLog && !known && await FaultServer.Problem(context, 404, "unknown run");
        };
        await using var run = await StartAsync();
        known = false;
        run.Log(1, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        _server.Requests.Count(request => request.Path == "/api/v1/runs" && (string)request.Body["id"]! == run.Id).ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_comes_late_gets_everything()
    {
        var url = _server.Url;
        await _server.DisposeAsync();
        await using var run = await StartAsync(url: url);
        for (var step = 0; step < 100; step++) run.Log(step, ("loss", step));
        run.Statistics.Acknowledged.ShouldBe(0);

        _server = await FaultServer.StartAsync(url.Port);
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        _server.Requests.First().Path.ShouldBe("/api/v1/runs");
        ((string)_server.Requests.First().Body["id"]!).ShouldBe(run.Id);
        _server.Points().Count.ShouldBe(100);
    }

    [Fact]
    public async Task Logging_returns_while_the_server_holds_its_answer()
    {
        var release = new TaskCompletionSource();
        _server.Fault = async (_, request) =>
        {
            if (request.IsLog) await release.Task;
            return false;
        };
        await using var run = await StartAsync(flush: 1);
        // Nobody releases the server before the loop is through: were Log to wait for it, this test would never end.
        for (var step = 0; step < 20_000; step++) run.Log(step, ("loss", step), ("lr", 0.1));
        run.Statistics.Acknowledged.ShouldBe(0);
        release.SetResult();
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        _server.Points().Count.ShouldBe(40_000);
    }

    [Fact]
    public async Task Beyond_its_memory_the_run_keeps_the_oldest_and_counts_the_rest()
    {
        var isAway = true;
        _server.Fault = async (context, request) => request.IsLog && isAway && await FaultServer.Problem(context, 503, "away");
        await using var run = await StartAsync(maxBytes: 1024 * 1024);
        var random = new Random(1);
        const int logged = 400_000;
        for (var step = 0; step < logged; step++) run.Log(step, ("loss", random.NextDouble()));
        run.Statistics.PendingBytes.ShouldBeLessThan(3 * 1024 * 1024);
        SpinWait.SpinUntil(() => _reports.Any(line => line.Contains("being dropped", StringComparison.Ordinal)), TimeSpan.FromSeconds(60)).ShouldBeTrue("it is told while it happens");
        isAway = false;
        var finish = await run.FinishAsync(cancellationToken: Cancel);

        var arrived = _server.Points().Select(point => point.Step).ToList();
        finish.Dropped.ShouldBeGreaterThan(0);
        ((long)arrived.Count).ShouldBe(logged - finish.Dropped);
        arrived.Take(16_384).ShouldBe(Enumerable.Range(0, 16_384).Select(n => (long)n));
        _reports.ShouldContain(line => line.Contains($"{finish.Dropped} points were dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Finishing_gives_up_after_its_time_and_says_what_is_left()
    {
        _server.Fault = async (context, request) =>
        {
            if (request.IsLog) await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return request.IsLog;
        };
        await using var run = await StartAsync(flush: 1);
        for (var step = 0; step < 10; step++) run.Log(step, ("loss", step));
        var finish = await run.FinishAsync(timeout: TimeSpan.FromMilliseconds(300), cancellationToken: Cancel);
        finish.ShouldBe(new TrackerFinish(false, 10, 0));
        _reports.ShouldContain(line => line.Contains("10 points were not sent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_threads_log_at_once_and_each_stays_in_order()
    {
        await using var run = await StartAsync(flush: 1);
        const int threads = 64, steps = 500;
        var all = Enumerable.Range(0, threads).Select(n => new Thread(() =>
        {
            for (var step = 0; step < steps; step++) run.Log(step, ($"rank{n}/loss", step));
        })).ToList();
        all.ForEach(thread => thread.Start());
        all.ForEach(thread => thread.Join());
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        foreach (var series in _server.Points().GroupBy(point => point.Series))
            series.Select(point => point.Step).ShouldBe(Enumerable.Range(0, steps).Select(n => (long)n));
        run.Statistics.Acknowledged.ShouldBe(threads * steps);
    }

    [Fact]
    public async Task Ten_thousand_series_arrive_each_whole()
    {
        await using var run = await StartAsync(flush: 1);
        var names = Enumerable.Range(0, 10_000).Select(n => $"layer/{n}/norm").ToArray();
        for (var step = 0; step < 10; step++)
        {
            foreach (var name in names) run.Log(step, (name, step));
        }

        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));
        var series = _server.Points().GroupBy(point => point.Series).ToList();
        series.Count.ShouldBe(10_000);
        series.ShouldAllBe(points => points.Select(point => point.Step).SequenceEqual(Enumerable.Range(0, 10).Select(n => (long)n)));
    }

    private Task<TrackerRun> StartAsync(int flush = 200, long maxBytes = 64 * 1024 * 1024, Uri? url = null, string? spool = "") => TrackerRun.StartAsync(
        new TrackerRunOptions
        {
            Url = url ?? _server.Url,
            Project = "tests",
            Mode = TrackerMode.Online,
            FlushInterval = TimeSpan.FromMilliseconds(flush),
            MaxBufferedBytes = maxBytes,
            SpoolFolder = spool,
            Collect = TrackerCollect.None,
            Report = _reports.Enqueue,
        },
        Cancel);
}
