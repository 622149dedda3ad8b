using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Api.Live;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Live;

public sealed class LiveChangesTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_end_of_a_run_reaches_those_who_watch_it_and_those_who_watch_its_project()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        await using var other = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await browser.WatchRunAsync(log.Run, 0);
        await other.InvokeAsync("WatchProject", "digits");
        await log.FinishAsync();
        await browser.NextAsync("run", run => State(run) == "finished");
        await other.NextAsync("run", run => State(run) == "finished");
    }

    [Fact]
    public async Task New_runs_and_their_metrics_reach_those_who_watch_the_project()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var first = await RunLogger.CreateAsync(server.Client);
        var snapshot = await browser.InvokeAsync("WatchProject", "digits");
        snapshot.GetProperty("runs").EnumerateArray().Select(Id).ShouldBe([first.Run]);
        snapshot.GetProperty("diagnoses").GetArrayLength().ShouldBe(0);

        var second = await RunLogger.CreateAsync(server.Client);
        await RunLogger.CreateAsync(server.Client, project: "letters");
        var pushed = await browser.NextAsync("run", _ => true);
        Id(pushed).ShouldBe(second.Run);
        pushed.GetProperty("projectSequence").GetInt64().ShouldBeGreaterThan(snapshot.GetProperty("projectSequence").GetInt64());

        await second.LogAsync(batches: 3);
        var grown = await browser.NextAsync("run", run => run.GetProperty("metrics").TryGetProperty("train/loss", out var loss) && loss.GetProperty("count").GetInt64() == 3);
        grown.GetProperty("metrics").GetProperty("train/loss").GetProperty("last").GetDouble().ShouldBe(1.5);
    }

    [Fact]
    public async Task A_run_that_is_deleted_and_brought_back_is_told_to_those_who_watch_it_and_its_project()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        await using var other = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await browser.WatchRunAsync(log.Run, 0);
        await other.InvokeAsync("WatchProject", "digits");
        (await server.Client.DeleteAsync(new Uri($"/api/v1/runs/{log.Run}", UriKind.Relative), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        foreach (var watcher in new[] { browser, other }) Id(await watcher.NextAsync("run", run => run.GetProperty("deletedAt").ValueKind == JsonValueKind.String)).ShouldBe(log.Run);
        await (await server.Client.PostAsync($"/api/v1/runs/{log.Run}/restore", "{}")).JsonAsync();
        foreach (var watcher in new[] { browser, other }) Id(await watcher.NextAsync("run", run => run.GetProperty("deletedAt").ValueKind == JsonValueKind.Null)).ShouldBe(log.Run);
    }

    [Fact]
    public async Task A_diagnosis_and_its_alert_reach_those_who_watch_the_run_and_the_project()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        await using var other = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await browser.WatchRunAsync(log.Run, 0);
        await other.InvokeAsync("WatchProject", "digits");
        await DiagnoseAsync(server, log.Run);
        foreach (var watcher in new[] { browser, other })
        {
            var diagnosis = (await watcher.NextAsync("diagnosis")).Message;
            diagnosis.GetProperty("title").GetString().ShouldBe("Gradients are clipped in 97 % of the steps");
            diagnosis.GetProperty("run").GetString().ShouldBe(log.Run);
            var alert = (await watcher.NextAsync("alert")).Message;
            alert.GetProperty("type").GetString().ShouldBe("diagnosis.raised");
            alert.GetProperty("data").GetProperty("diagnosis").GetString().ShouldBe(diagnosis.GetProperty("id").GetString());
        }
        var late = await browser.WatchRunAsync(log.Run, 0);
        late.GetProperty("diagnoses").EnumerateArray().Select(Id).ShouldBe(["clipping-1"]);
    }

    [Fact]
    public async Task What_is_asked_wrongly_gets_a_clear_answer_and_the_connection_lives()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        (await Error(browser.WatchRunAsync("nowhere", 0))).ShouldContain("There is no run \"nowhere\".");
        (await Error(browser.WatchRunAsync(log.Run, -1))).ShouldContain("afterSequence must not be negative.");
        (await Error(browser.InvokeAsync("WatchProject", "nothing"))).ShouldContain("There is no project \"nothing\".");
        await browser.InvokeAsync("Unwatch", "nowhere");
        await browser.WatchRunAsync(log.Run, 0);
    }

    [Fact]
    public async Task Nothing_is_read_for_those_who_have_gone()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var feed = server.Services.GetRequiredService<LiveFeed>();
        var log = await RunLogger.CreateAsync(server.Client);
        await using var stays = await Browser.ConnectAsync(server.Address);
        await using (var goes = await Browser.ConnectAsync(server.Address))
        {
            await goes.WatchRunAsync(log.Run, 0);
            await goes.InvokeAsync("WatchProject", "digits");
            await stays.WatchRunAsync(log.Run, 0);
            feed.Pumps.ShouldBe(2);
            await stays.InvokeAsync("Unwatch", log.Run);
            feed.Pumps.ShouldBe(2);
        }
        while (feed.Pumps > 0) await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    private static async Task DiagnoseAsync(TrackerServer server, string id)
    {
        var run = (await server.Services.GetRequiredService<RunCatalog>().FindAsync(id, CancellationToken.None))!;
        var outbox = server.Services.GetRequiredService<AlertOutbox>();
        var change = Alerts.Samples.Event();
        await using var connection = await server.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var number = await ProjectSequence.NextAsync(connection, transaction, run.ProjectKey, CancellationToken.None);
        await using (var insert = new NpgsqlCommand(
            """
            insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
            values ('clipping-1', $1, $2, $3, 1, 'open', 2, 'threshold-too-low', 1200, 1300, $4::jsonb)
            """, connection, transaction))
        {
            insert.Parameters.Add(new() { Value = run.RunKey });
            insert.Parameters.Add(new() { Value = run.ProjectKey });
            insert.Parameters.Add(new() { Value = number });
            insert.Parameters.Add(new() { Value = JsonSerializer.Serialize(change.Diagnosis, Api.Storage.DiagnosisJson.Options) });
            await insert.ExecuteNonQueryAsync();
        }
        await outbox.EnqueueAsync(connection, transaction, run.RunKey, run.ProjectKey, 1, change, CancellationToken.None);
        await transaction.CommitAsync();
        server.Services.GetRequiredService<ProjectGrowth>().Raise(run.ProjectKey);
    }

    private static string? State(JsonElement run) => run.GetProperty("state").GetString();

    private static string? Id(JsonElement item) => item.GetProperty("id").GetString();

    private static async Task<string> Error(Task<JsonElement> call) => (await Should.ThrowAsync<InvalidOperationException>(call)).Message;
}
