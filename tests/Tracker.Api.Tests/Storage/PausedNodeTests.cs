using System.Diagnostics;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class PausedNodeTests(PostgresFixture postgres)
{
    private const int Last = 400;

    [Fact]
    public async Task A_node_that_is_paused_while_it_follows_a_run_doubles_and_loses_nothing_when_it_wakes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no signal that pauses a process.");
        var database = await postgres.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        using var folder = new TemporaryFolder("tracker-paused");
        await using var first = await TrackerProcess.StartAsync(folder.Path, new Dictionary<string, string> { ["ConnectionStrings__Tracker"] = database });
        using var client = new HttpClient { BaseAddress = first.Address };
        using var impatient = new HttpClient { BaseAddress = first.Address, Timeout = TimeSpan.FromSeconds(2) };
        var run = await client.CreateRunAsync();
        await SendAsync(client, run, 1);
        var holder = await TrackerApi.UntilAsync(() => TextAsync(source, "select node from leases"), node => node is not null, "the first node takes the lease");
        await using var second = TrackerServer.Start(database);

        // Batch after batch through the first node; where it does not answer, the same one through the second.
        var number = 1;
        var sender = Task.Run(async () =>
        {
            while (number < Last)
            {
                try
                {
                    await SendAsync(number % 2 == 0 ? impatient : second.Client, run, number + 1);
                }
                catch (Exception error) when (error is TaskCanceledException or HttpRequestException)
                {
                    await SendAsync(second.Client, run, number + 1);
                }

                number++;
                await Task.Delay(5);
            }
        });
        await TrackerApi.UntilAsync(() => Task.FromResult(number), sent => sent > 50, "batches are stored");
        await SignalAsync("-STOP", first.ProcessId);
        try
        {
            await TrackerApi.UntilAsync(() => TextAsync(source, "select node from leases"), node => node is not null && node != holder, "the second node takes over");
        }
        finally
        {
            await SignalAsync("-CONT", first.ProcessId);
        }

        await sender;
        await (await second.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        await TrackerApi.UntilAsync(() => TextAsync(source, "select count(*)::text from run_heads where unsettled"), left => left == "0", "everything is in chunks");
        foreach (var node in new[] { client, second.Client })
        {
            (await node.PointsAsync(run, "a")).ShouldBe(Enumerable.Range(1, Last).Select(n => $"{n},{n}"));
            var series = (await node.JsonAsync($"/api/v1/runs/{run}/series")).GetProperty("items").EnumerateArray().Single();
            series.GetProperty("count").GetInt64().ShouldBe(Last);
            (series.GetProperty("late").GetInt64() + series.GetProperty("repeated").GetInt64()).ShouldBe(0);
        }
    }

    private static async Task SendAsync(HttpClient node, string run, int number)
    {
        using var answer = await node.LogAsync(run, $$$"""{"writer":"w","batch":{{{number}}},"points":[{"step":{{{number}}},"values":{"a":{{{number}}}}}]}""");
        (await answer.JsonAsync()).GetProperty("acceptedThrough").GetInt64().ShouldBeGreaterThanOrEqualTo(number);
    }

    private static async Task<string?> TextAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as string;
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", [signal, $"{process}"]);
        await kill.WaitForExitAsync();
    }
}
