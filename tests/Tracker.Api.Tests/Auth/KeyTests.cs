using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Tracker.Api.Auth;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Tests.Live;
using Tracker.Testing;
using Tracker.Wire.V1;
using Google.Protobuf;
using Xunit;

namespace Tracker.Api.Tests.Auth;

/// <summary>Keys: where they are taken from, what they open, and how they end.</summary>
public sealed class KeyTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_key_is_taken_as_bearer_as_password_and_by_its_header()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        Secrets.HasShape(world.AdminKey, "trk_").ShouldBeTrue();
        foreach (var headers in new Action<HttpRequestHeaders>[]
        {
            headers => headers.Authorization = new("Bearer", world.AdminKey),
            headers => headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("anybody:" + world.AdminKey))),
            headers => headers.Add("X-Api-Key", world.AdminKey),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/v1/projects", UriKind.Relative));
            headers(request.Headers);
            using var answer = await world.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var asQuery = await world.Server.Client.GetAsync($"/api/v1/projects?access_token={world.AdminKey}", TestContext.Current.CancellationToken);
        asQuery.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, "keys in addresses end in logs: only the hub takes them");
    }

    [Fact]
    public async Task The_database_holds_no_key_and_the_list_shows_none()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var admin = world.With(world.AdminKey);
        (await admin.GetStringAsync(new Uri("/api/v1/keys", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldNotContain(world.AdminKey);
        await using var database = Npgsql.NpgsqlDataSource.Create(world.Server.ConnectionString);
        await using var command = database.CreateCommand("select count(*) from api_keys k where k::text like '%' || $1 || '%'");
        command.Parameters.AddWithValue(world.AdminKey[8..]);
        (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(0L);
    }

    [Fact]
    public async Task A_key_cannot_make_a_key_that_does_more()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var project = world.With(await world.KeyAsync(["admin"], "mine"));
        (await project.PostAsync("/api/v1/keys", """{"name":"x","scopes":["admin"]}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await project.PostAsync("/api/v1/keys", $$"""{"name":"x","scopes":["read"],"project":"{{AccessWorld.Marker}}"}""")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await project.PostAsync("/api/v1/keys", """{"name":"x","scopes":["ingest"],"project":"mine"}""")).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var writer = world.With(await world.KeyAsync(["write"], "mine"));
        (await writer.PostAsync("/api/v1/keys", """{"name":"x","scopes":["read"],"project":"mine"}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_persons_key_ends_with_the_persons_rights()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var ana = await world.PersonAsync("ana@example.com", "member", "mine");
        var secret = (await (await ana.PostAsync("/api/v1/keys", """{"name":"laptop","scopes":["write","ingest"]}""")).JsonAsync()).GetProperty("secret").GetString();
        using var laptop = world.With(secret);
        using var admin = world.With(world.AdminKey);
        (await laptop.GetAsync("/api/v1/runs/mine-run", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await laptop.PostAsync("/api/v1/runs", """{"project":"mine"}""")).StatusCode.ShouldBe(HttpStatusCode.Created);
        await admin.PutAsync(new Uri("/api/v1/projects/mine/people/ana@example.com", UriKind.Relative), AccessWorld.Json(new { role = "viewer" }), TestContext.Current.CancellationToken);
        (await laptop.PostAsync("/api/v1/runs/mine-run/stop", "{}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await admin.DeleteAsync("/api/v1/projects/mine/people/ana@example.com", TestContext.Current.CancellationToken);
        (await laptop.GetAsync("/api/v1/runs/mine-run", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Another_node_sees_a_revocation_within_10_s_and_the_last_key_does_not_open_the_server()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        await using var second = TrackerServer.Start(world.Server.ConnectionString);
        using var there = new HttpClient { BaseAddress = second.Address };
        there.DefaultRequestHeaders.Authorization = new("Bearer", world.AdminKey);
        (await there.GetAsync("/api/v1/projects", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var admin = world.With(world.AdminKey);
        var id = (await admin.JsonAsync("/api/v1/keys")).GetProperty("items")[0].GetProperty("id").GetString();
        (await admin.DeleteAsync($"/api/v1/keys/{id}", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await admin.GetAsync("/api/v1/projects", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await TrackerApi.UntilAsync(async () => (await there.GetAsync("/api/v1/projects", TestContext.Current.CancellationToken)).StatusCode, status => status == HttpStatusCode.Unauthorized, "the key still opens the other node", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Last_use_is_noted()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var admin = world.With(world.AdminKey);
        await admin.JsonAsync("/api/v1/projects");
        await ((KeyUses)world.Server.Services.GetService(typeof(KeyUses))!).FlushAsync(TestContext.Current.CancellationToken);
        var key = (await admin.JsonAsync("/api/v1/keys")).GetProperty("items")[0];
        key.GetProperty("lastUsedAt").GetString().ShouldNotBeNull();
        key.GetProperty("lastUsedFrom").GetString().ShouldNotBeNull();
    }

    [Fact]
    public async Task GRPC_takes_keys_as_metadata_and_hides_what_the_key_may_not_log_to()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var client = new GrpcClient(world.Server.GrpcAddress);
        var mine = await world.KeyAsync(["ingest"], "mine");
        (await LogAsync("mine-run")).Code.ShouldBe((int)GrpcCode.Unauthenticated);
        (await LogAsync("mine-run", ("authorization", "Bearer " + Secrets.New("trk_")))).Code.ShouldBe((int)GrpcCode.Unauthenticated);
        (await LogAsync("mine-run", ("authorization", "Bearer " + await world.KeyAsync(["read"], "mine")))).Code.ShouldBe((int)GrpcCode.PermissionDenied);
        (await LogAsync("mine-run", ("authorization", "Bearer " + mine))).Code.ShouldBe((int)GrpcCode.Ok);
        (await LogAsync("mine-run", ("x-api-key", mine))).Code.ShouldBe((int)GrpcCode.Ok);
        (await LogAsync(world.Hidden.Run, ("x-api-key", mine))).Code.ShouldBe((int)GrpcCode.NotFound);
        (await CallAsync("Finish", new FinishRequest { Run = world.Hidden.Run })).Code.ShouldBe((int)GrpcCode.NotFound);
        (await CallAsync("CreateRun", new CreateRunRequest { Project = AccessWorld.Marker })).Code.ShouldBe((int)GrpcCode.NotFound);
        (await CallAsync("CreateRun", new CreateRunRequest { Project = "never seen" })).Code.ShouldBe((int)GrpcCode.NotFound, "a new project is made by those who may log everywhere");
        (await CallAsync("CreateRun", new CreateRunRequest { Project = "mine" })).Code.ShouldBe((int)GrpcCode.Ok);
        var taken = await CallAsync("CreateRun", new CreateRunRequest { Project = "mine", Id = world.Hidden.Run, Resume = Resume.Allow });
        (taken.Code, taken.Text).ShouldBe(((int)GrpcCode.AlreadyExists, taken.Text));
        taken.Text.ShouldNotContain("project");
        (await client.CallAsync("/grpc.health.v1.Health/Check", GrpcClient.Frame([]))).Code.ShouldBe((int)GrpcCode.Ok);

        Task<GrpcAnswer> LogAsync(string run, params (string, string)[] headers) =>
            client.CallAsync("/tracker.v1.Ingest/Log", GrpcClient.Frame(new LogRequest { Run = run, Series = { new ScalarColumn { Name = "a", Steps = { 9 }, Values = { 1 } } } }.ToByteArray()), headers);
        Task<GrpcAnswer> CallAsync(string method, IMessage message) => client.CallAsync($"/tracker.v1.Ingest/{method}", GrpcClient.Frame(message.ToByteArray()), ("x-api-key", mine));
    }

    [Fact]
    public async Task The_hub_shows_what_the_key_may_see_and_closes_when_the_key_ends()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        var key = await world.KeyAsync(["read"], "mine");
        await using var browser = await Browser.ConnectAsync(world.Server.Address, key);
        (await browser.WatchRunAsync("mine-run", 0)).GetProperty("run").GetProperty("id").GetString().ShouldBe("mine-run");
        (await Should.ThrowAsync<InvalidOperationException>(() => browser.WatchRunAsync(world.Hidden.Run, 0))).Message.ShouldContain("There is no run");
        (await Should.ThrowAsync<InvalidOperationException>(() => browser.InvokeAsync("WatchProject", AccessWorld.Marker))).Message.ShouldContain("There is no project");
        await world.ExecuteAsync($"update api_keys set revoked_at = now() where prefix = '{key[..8]}'");
        await browser.NextAsync("closed");
    }

    [Fact]
    public async Task One_key_cannot_call_without_end()
    {
        await using var world = await AccessWorld.StartAsync(postgres, host => host.UseSetting("Access:RequestsPerSecond", "1"));
        using var admin = world.With(await world.KeyAsync(["read"], null));
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 15; i++) answers.Add(await admin.GetAsync("/api/v1/projects", TestContext.Current.CancellationToken));
        answers[0].StatusCode.ShouldBe(HttpStatusCode.OK);
        answers[^1].StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answers[^1].Headers.RetryAfter.ShouldNotBeNull();
    }
}
