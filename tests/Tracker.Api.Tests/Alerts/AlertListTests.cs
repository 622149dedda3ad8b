using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class AlertListTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    [Fact]
    public async Task Following_the_list_gives_every_alert_once_over_all_projects()
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        for (var n = 0; n < 3; n++) await server.RaiseAsync(Samples.Event(diagnosis: $"a-{n}"), projectKey: 1);
        var first = await GetAsync(client, "limit=2");
        Diagnoses(first).ShouldBe(["a-0", "a-1"]);

        await server.RaiseAsync(Samples.Event(diagnosis: "b-0"), projectKey: 2);
        var second = await GetAsync(client, $"since={Cursor(first)}");
        Diagnoses(second).ShouldBe(["a-2", "b-0"]);
        var nothing = await GetAsync(client, $"since={Cursor(second)}");
        Diagnoses(nothing).ShouldBeEmpty();
        Cursor(nothing).ShouldBe(Cursor(second));
    }

    [Fact]
    public async Task A_transaction_that_commits_late_is_not_missed_by_a_follower()
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        await using var connection = await server.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var late = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await server.Outbox.EnqueueAsync(connection, late, 1, 1, 1, Samples.Event(diagnosis: "late"), TestContext.Current.CancellationToken);
        await server.RaiseAsync(Samples.Event(diagnosis: "early"), projectKey: 2);
        var before = await GetAsync(client, "");
        Diagnoses(before).ShouldBe(["early"]);
        await late.CommitAsync(TestContext.Current.CancellationToken);
        Diagnoses(await GetAsync(client, $"since={Cursor(before)}")).ShouldBe(["late"]);
    }

    [Fact]
    public async Task The_list_of_a_project_holds_its_own_alerts_only()
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        await server.RaiseAsync(Samples.Event(diagnosis: "a"), projectKey: 1);
        await server.RaiseAsync(Samples.Event(diagnosis: "b"), projectKey: 2);
        var list = await GetAsync(client, "project=letters");
        var item = list.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        item.GetProperty("type").GetString().ShouldBe("diagnosis.raised");
        var data = item.GetProperty("data");
        data.GetProperty("project").GetString().ShouldBe("letters");
        data.GetProperty("severity").GetString().ShouldBe("high");
        data.GetProperty("url").GetString().ShouldBe("http://tracker.test/runs/run-8");
    }

    [Fact]
    public async Task A_link_names_the_machine_where_the_server_listens_on_all_its_addresses()
    {
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:PublicUrl"] = null;
            settings["Urls"] = "http://0.0.0.0:0";
        }).StartAsync();
        using var client = server.Client();
        await server.RaiseAsync(Samples.Event());
        var item = (await GetAsync(client, "")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        var url = new Uri(item.GetProperty("data").GetProperty("url").GetString()!);
        url.Host.ShouldBe(Environment.MachineName, StringCompareShould.IgnoreCase);
        url.Port.ShouldBe(client.BaseAddress!.Port);
    }

    [Theory]
    [InlineData("since=yesterday", "since")]
    [InlineData("since=-1", "since")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    public async Task A_wrong_parameter_gets_a_problem_that_names_it(string query, string field)
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        using var response = await client.GetAsync($"/api/v1/alerts?{query}", TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("field").GetString().ShouldBe(field);
    }

    private static Task<JsonElement> GetAsync(HttpClient client, string query) => client.GetFromJsonAsync<JsonElement>($"/api/v1/alerts?{query}", TestContext.Current.CancellationToken);

    private static string Cursor(JsonElement list) => list.GetProperty("nextCursor").GetString()!;

    private static List<string> Diagnoses(JsonElement list) =>
        [.. list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("data").GetProperty("diagnosis").GetString()!)];
}
