using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using Tracker.Testing;

namespace Tracker.Api.Tests.Auth;

/// <summary>A server with two projects, "mine" and one that is hidden from all but admins of the server, and somebody of every kind.</summary>
internal sealed class AccessWorld : IAsyncDisposable
{
    /// <summary>Stands in every name and id of the hidden project: no answer to those who may not see it holds it.</summary>
    public const string Marker = "hidden7f3a";

    public const string Password = "correct horse battery";

    private AccessWorld(TrackerServer server) => Server = server;

    public TrackerServer Server { get; }

    /// <summary>A key for everything.</summary>
    public string AdminKey { get; private set; } = "";

    public Thing Mine { get; private set; } = null!;

    public Thing Hidden { get; private set; } = null!;

    /// <summary>A project with a run that has a series and a diagnosis, a rule and a mute.</summary>
    internal sealed record Thing(string Project, string Run, string Diagnosis, string Rule, string Mute);

    public static async Task<AccessWorld> StartAsync(PostgresFixture postgres, Action<Microsoft.AspNetCore.Hosting.IWebHostBuilder>? configure = null)
    {
        var world = new AccessWorld(await TrackerServer.StartAsync(postgres, configure));
        world.AdminKey = await MakeKeyAsync(world.Server.Client, "admin", ["admin"]);
        using var admin = world.With(world.AdminKey);
        world.Mine = await world.CreateAsync(admin, "mine");
        world.Hidden = await world.CreateAsync(admin, Marker);
        return world;
    }

    /// <summary>A client that sends a key, or nothing.</summary>
    public HttpClient With(string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Server.Address };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async Task<string> KeyAsync(string[] scopes, string? project)
    {
        using var admin = With(AdminKey);
        return await MakeKeyAsync(admin, string.Join(' ', scopes), scopes, project);
    }

    /// <summary>A browser of a new person with a role in a project.</summary>
    public async Task<HttpClient> PersonAsync(string email, string? role, string? project = null)
    {
        using var admin = With(AdminKey);
        (await (await admin.PostAsync("/api/v1/people", JsonSerializer.Serialize(new { email, password = Password, role = project is null ? role : null }))).JsonAsync()).GetProperty("id");
        if (project is not null) (await admin.PutAsync(new Uri($"/api/v1/projects/{project}/people/{email}", UriKind.Relative), Json(new { role }))).EnsureSuccessStatusCode();
        return await SignInAsync(email, Password);
    }

    public async Task<HttpClient> SignInAsync(string email, string password)
    {
        var browser = Browser(Server.Address);
        using var answer = await browser.PostAsync("/api/v1/session", JsonSerializer.Serialize(new { email, password }));
        await answer.JsonAsync();
        return browser;
    }

    /// <summary>Keeps cookies and says where its calls come from, as a page of the server does.</summary>
    public static HttpClient Browser(Uri server)
    {
        var browser = new HttpClient(new SocketsHttpHandler { UseCookies = true, AllowAutoRedirect = false }) { BaseAddress = server };
        browser.DefaultRequestHeaders.Add("Origin", server.GetLeftPart(UriPartial.Authority));
        return browser;
    }

    public static StringContent Json(object body) => new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    public async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static async Task<string> MakeKeyAsync(HttpClient client, string name, string[] scopes, string? project = null)
    {
        using var answer = await client.PostAsync("/api/v1/keys", JsonSerializer.Serialize(new { name, scopes, project }));
        return (await answer.JsonAsync()).GetProperty("secret").GetString()!;
    }

    private async Task<Thing> CreateAsync(HttpClient admin, string name)
    {
        var (run, diagnosis) = ($"{name}-run", $"{name}-diagnosis");
        (await admin.PostAsync("/api/v1/runs", $$"""{"project":"{{name}}","id":"{{run}}"}""")).EnsureSuccessStatusCode();
        (await admin.LogAsync(run, $$"""{"series":[{"name":"{{name}}/loss","steps":[1,2],"values":[1,2]}],"events":[{"kind":"note","name":"{{name}}"}]}""")).EnsureSuccessStatusCode();
        await ExecuteAsync($$$"""
            insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
            select '{{{diagnosis}}}', run_key, project_key, 1, 1, 'open', 2, 'learning-rate-too-high', 1, 2,
              '{"id":"{{{diagnosis}}}","state":0,"severity":2,"cause":"learning-rate-too-high","title":"{{{name}}}","symptom":"","causes":[],"prescriptions":[],"check":"","signals":[],"step":2,"onsetStep":1}' from runs where id = '{{{run}}}'
            """);
        await ExecuteAsync($"insert into alert_rules (id, project_key, name, expression, severity) select '{name}-rule', project_key, '{name}', 'train/loss > 1', 1 from projects where name = '{name}'");
        var mute = (await (await admin.PostAsync("/api/v1/mutes", $$"""{"project":"{{name}}","reason":"{{name}}"}""")).JsonAsync()).GetProperty("id").ToString();
        return new Thing(name, run, diagnosis, $"{name}-rule", mute);
    }
}
