using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Tracker.Cli.TensorBoard;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary><c>tracker import tensorboard</c> on files made byte by byte.</summary>
public sealed class TensorBoardTests(SharedServer server) : IClassFixture<SharedServer>, IDisposable
{
    private const string File = "events.out.tfevents.1700000000.host.1.0";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_checksum_is_Castagnolis() => Crc32C.Of("123456789"u8).ShouldBe(0xE3069283u);

    [Fact]
    public async Task Scalars_of_both_kinds_and_histograms_of_both_kinds_arrive_with_their_times()
    {
        using (var file = new EventFileWriter(_folder["log/digits/" + File]))
        {
            file.Simple("train/loss", 1, 2.5f, 1_700_000_001.25);
            file.Simple("train/loss", 2, float.NaN, 1_700_000_002);
            file.Tensor("val/loss", 2, 0.5f, isFirst: true);
            file.Tensor("val/loss", 3, 0.25f, isFirst: false);
            // PyTorch: an empty bucket whose edge is the left one; TensorFlow: the last edge is the greatest double.
            file.Histogram("weights/torch", 2, -1, 1, [-1, 0, 1], [0, 3, 4]);
            file.Histogram("weights/tf1", 2, -0.5, 7, [0, 2, double.MaxValue], [1, 2, 3]);
            file.HistogramTensor("weights/tf2", 2, [0, 1, 5, 1, 3, 6], isFirst: true);
            file.Image("sample", 2);
        }

        var (exit, output, error) = await CliProcess.RunAsync("import", "tensorboard", _folder["log"], "--server", server.Address, "--project", "kinds", "--json");
        exit.ShouldBe(0, output + error);
        var line = JsonNode.Parse(output)!;
        ((long)line["points"]!, (long)line["skipped"]!).ShouldBe((7, 1));
        var id = (string)line["run"]!;
        (await server.Client.PointsAsync(id, "train/loss")).ShouldBe(["1,2.5", "2,NaN"]);
        (await server.Client.PointsAsync(id, "val/loss")).ShouldBe(["2,0.5", "3,0.25"]);
        var times = (await server.GetAsync($"runs/{id}/points?name=train/loss&format=json"))["series"]![0]!["times"]!.AsArray();
        times.Select(time => (long)time!).ShouldBe([1_700_000_001_250, 1_700_000_002_000]);
        (await HistogramAsync(id, "weights/torch")).ShouldBe((7, -1, 1));
        (await HistogramAsync(id, "weights/tf1")).ShouldBe((6, -0.5, 7));
        (await HistogramAsync(id, "weights/tf2")).ShouldBe((11, 0, 3));
        (await server.RunsAsync("kinds")).Keys.ShouldBe(["digits"]);
    }

    [Fact]
    public async Task A_second_file_that_begins_earlier_is_a_restart_and_rewinds()
    {
        using (var file = new EventFileWriter(_folder["again/" + File]))
        {
            for (var step = 1; step <= 5; step++) file.Simple("train/loss", step, step);
        }

        using (var file = new EventFileWriter(_folder["again/events.out.tfevents.1700000900.host.2.0"]))
        {
            file.Restart(4);
            for (var step = 4; step <= 6; step++) file.Simple("train/loss", step, step * 10);
        }

        var (exit, output, error) = await CliProcess.RunAsync("import", "tensorboard", _folder["again"], "--server", server.Address, "--project", "restart", "--json");
        exit.ShouldBe(0, output + error);
        var id = (string)JsonNode.Parse(output)!["run"]!;
        (await server.Client.PointsAsync(id, "train/loss")).ShouldBe(["1,1", "2,2", "3,3", "4,4", "5,5", "4,40", "5,50", "6,60"]);
        (await server.GetAsync($"runs/{id}/events?kind=resume"))["items"]!.AsArray().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_is_imported_again_from_wherever_adds_what_is_new_only()
    {
        using (var file = new EventFileWriter(_folder["twice/run/" + File]))
        {
            for (var step = 1; step <= 5; step++) file.Simple("train/loss", step, step);
            file.Histogram("weights", 5, -1, 1, [-1, 0, 1], [0, 3, 4]);
        }

        using (var file = new EventFileWriter(_folder["twice/run/events.out.tfevents.1700000900.host.2.0"]))
        {
            for (var step = 4; step <= 6; step++) file.Simple("train/loss", step, step * 10);
        }

        (await ImportAsync("twice")).ShouldBe((9, 0));
        (await ImportAsync("twice")).ShouldBe((0, 9));
        Directory.CreateDirectory(_folder["elsewhere/deeper"]);
        Directory.Move(_folder["twice/run"], _folder["elsewhere/deeper/run"]);
        using (var file = new EventFileWriter(_folder["elsewhere/deeper/run/events.out.tfevents.1700000900.host.2.0"]))
        {
            file.Simple("train/loss", 7, 70);
            file.Histogram("weights", 7, -1, 1, [-1, 0, 1], [0, 3, 4]);
        }

        (await ImportAsync("elsewhere")).ShouldBe((2, 9));
        var id = (await server.RunsAsync("twice")).ShouldHaveSingleItem().Value;
        (await server.Client.PointsAsync(id, "train/loss")).ShouldBe(["1,1", "2,2", "3,3", "4,4", "5,5", "4,40", "5,50", "6,60", "7,70"]);
        (await server.GetAsync($"runs/{id}/events?kind=resume"))["items"]!.AsArray().Count(e => (string)e!["name"]! == "restart").ShouldBe(1);

        async Task<(long New, long There)> ImportAsync(string folder)
        {
            var (exit, output, error) = await CliProcess.RunAsync("import", "tensorboard", _folder[folder], "--server", server.Address, "--project", "twice", "--json");
            exit.ShouldBe(0, output + error);
            var line = JsonNode.Parse(output)!;
            return ((long)line["points"]!, (long)line["there"]!);
        }
    }

    [Fact]
    public async Task Files_are_followed_as_they_grow_and_a_torn_record_is_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "ends by a signal");
        var path = _folder["live/a/" + File];
        using (var file = new EventFileWriter(path)) file.Simple("loss", 1, 1);
        using var process = CliProcess.Start("import", "tensorboard", _folder["live"], "--follow", "--server", server.Address, "--project", "live", "--json");
        try
        {
            var run = (await UntilAsync(() => server.RunsAsync("live"), runs => runs.Count == 1))["a"];
            await UntilAsync(() => server.Client.PointsAsync(run, "loss"), points => points.Count == 1);
            using (var file = new EventFileWriter(path))
            {
                file.Simple("loss", 2, 2);
                file.Torn("loss", 3, 3);
            }

            await UntilAsync(() => server.Client.PointsAsync(run, "loss"), points => points.Count == 2);
            // The rest of the torn record, and a run that begins later.
            var whole = _folder["whole"];
            using (var file = new EventFileWriter(whole)) file.Simple("loss", 3, 3);
            var record = System.IO.File.ReadAllBytes(whole)[^(System.IO.File.ReadAllBytes(whole).Length - HeadLength())..];
            await using (var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) stream.Write(record.AsSpan(20));
            using (var file = new EventFileWriter(_folder["live/b/" + File])) file.Simple("loss", 1, 7);
            await UntilAsync(() => server.Client.PointsAsync(run, "loss"), points => points.SequenceEqual(["1,1", "2,2", "3,3"]));
            await UntilAsync(() => server.RunsAsync("live"), runs => runs.Count == 2);
        }
        finally
        {
            using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        foreach (var id in (await server.RunsAsync("live")).Values) ((string)(await server.GetAsync($"runs/{id}"))["state"]!).ShouldBe("finished");
    }

    [Fact]
    public async Task A_file_that_is_none_is_told_and_the_others_arrive()
    {
        using (var file = new EventFileWriter(_folder["mixed/good/" + File])) file.Simple("loss", 1, 1);
        Directory.CreateDirectory(_folder["mixed/bad"]);
        await System.IO.File.WriteAllTextAsync(_folder["mixed/bad/" + File], "this is not an event file at all", TestContext.Current.CancellationToken);
        var (exit, _, error) = await CliProcess.RunAsync("import", "tensorboard", _folder["mixed"], "--server", server.Address, "--project", "mixed");
        exit.ShouldBe(2);
        error.ShouldContain("no event file");
        (await server.Client.PointsAsync((await server.RunsAsync("mixed"))["good"], "loss")).ShouldBe(["1,1"]);
    }

    [Fact]
    public async Task A_folder_without_event_files_and_a_server_that_is_away_are_told_by_the_exit_code()
    {
        (await CliProcess.RunAsync("import", "tensorboard", _folder.Path, "--server", server.Address)).Exit.ShouldBe(2);
        (await CliProcess.RunAsync("import", "tensorboard", _folder.Path, "--server", "http://127.0.0.1:9")).Exit.ShouldBe(3);
    }

    [Fact]
    public void Too_many_buckets_and_buckets_without_width_join_their_neighbours()
    {
        double[] rows = [.. Enumerable.Range(0, 3_000).SelectMany(i => new double[] { i / 2, (i + 1) / 2, 1 })];
        var (edges, counts) = TensorHistogram.OfTensor([3_000, 3], [.. rows])!.Value;
        counts.Length.ShouldBeLessThanOrEqualTo(1_024);
        counts.Sum().ShouldBe(3_000);
        edges.Zip(edges.Skip(1)).ShouldAllBe(pair => pair.First < pair.Second);
        var same = TensorHistogram.OfTensor([1, 3], [2, 2, 9])!.Value;
        (same.Edges[0], same.Edges[1], same.Counts[0]).ShouldBe((1.5, 2.5, 9));
    }

    /// <summary>Of the first record, which names the format.</summary>
    private static int HeadLength() => 16 + 9 + 2 + Encoding.UTF8.GetByteCount("brain.Event:2");

    private async Task<(double Count, double Min, double Max)> HistogramAsync(string run, string name)
    {
        var statistics = (await server.GetAsync($"runs/{run}/histograms?name={name}&columns=10"))["columns"]![0]!["statistics"]!;
        return ((double)statistics["count"]!, (double)statistics["min"]!, (double)statistics["max"]!);
    }

    private static Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds) => TrackerApi.UntilAsync(
        async () =>
        {
            try
            {
                return await ask();
            }
            catch (HttpRequestException)
            {
                return default!;
            }
        },
        answer => answer is not null && holds(answer), "what was written arrives");
}
