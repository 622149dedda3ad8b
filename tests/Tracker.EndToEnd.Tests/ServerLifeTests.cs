using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The server as a process with its own PostgreSQL: how it starts, stops, dies, and says why it does not start.</summary>
public sealed class ServerLifeTests(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task What_was_acknowledged_outlives_a_kill_and_nothing_stops_the_next_start()
    {
        await using var server = await TrackerProcess.StartAsync(_data.Path);
        var address = server.Address!;
        await CreateRunAsync(address, "kept");
        var orphan = DatabaseProcess();

        await server.KillAsync();
        orphan.HasExited.ShouldBeFalse("this is about a database that was left behind");
        await server.StartAsync();

        server.Address.ShouldBe(address);
        orphan.WaitForExit(TimeSpan.FromSeconds(20)).ShouldBeTrue();
        using var client = new HttpClient { BaseAddress = address };
        (await client.GetAsync("/api/v1/runs/kept", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task A_signal_stops_the_server_and_its_database(PosixSignal signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        await using var server = await TrackerProcess.StartAsync(_data.Path);
        using var database = DatabaseProcess();
        (await server.StopAsync(signal)).ShouldBe(0, server.Output);
        database.WaitForExit(TimeSpan.FromSeconds(20)).ShouldBeTrue();
        File.Exists(_data[Path.Combine("database", "postmaster.pid")]).ShouldBeFalse();
    }

    [Fact]
    public async Task It_prints_one_line_with_its_address()
    {
        await using var server = await TrackerProcess.StartAsync(_data.Path);
        server.Output.Split('\n').Count(line => line.Contains($":{server.Address!.Port}")).ShouldBe(1, server.Output);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_is_refused_in_one_line_with_the_first_ones_process_id()
    {
        await using var first = await TrackerProcess.StartAsync(_data.Path);
        await RefusedAsync(_data.Path, $"process {first.ProcessId}");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_in_one_line_and_the_database_is_stopped()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await RefusedAsync(_data.Path, $"{port}", arguments: ["--urls", $"http://127.0.0.1:{port}"]);
        File.Exists(_data[Path.Combine("database", "postmaster.pid")]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_named_in_one_line()
    {
        File.WriteAllText(_data["file"], "");
        await RefusedAsync(_data[Path.Combine("file", "data")], "TRACKER_DATA");
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=nobody;Timeout=2")]
    [InlineData("this is no connection string")]
    public async Task A_wrong_connection_string_is_named_in_one_line(string connectionString) =>
        await RefusedAsync(_data.Path, "ConnectionStrings:Tracker", new Dictionary<string, string> { ["ConnectionStrings__Tracker"] = connectionString });

    [Theory]
    [InlineData("Alerts__Webhook__Uri", "https://example.com", "Alerts:Webhook:Url")]
    [InlineData("Alerts__Smtp__Port", "many", "Alerts:Smtp:Port")]
    [InlineData("Kestrel__Limits__MaxConcurrentConnections", "lots", "Kestrel:Limits:MaxConcurrentConnections")]
    [InlineData("TRACKER_KEYS", "/dev/null/keys", "TRACKER_KEYS")]
    public async Task A_wrong_setting_is_named_in_one_line(string variable, string value, string key) =>
        await RefusedAsync(_data.Path, key, new Dictionary<string, string> { [variable] = value, ["ConnectionStrings__Tracker"] = await postgres.CreateDatabaseAsync() });

    [Theory]
    [InlineData("here", "here")]
    [InlineData("http://127.0.0.1:0/tracker", "/tracker")]
    [InlineData("http://0.0.0.0:0", "TRACKER_ADMIN_KEY_FILE")]
    public async Task A_wrong_address_is_told_in_one_line(string url, string reason) =>
        await RefusedAsync(_data.Path, reason, new Dictionary<string, string> { ["ConnectionStrings__Tracker"] = await postgres.CreateDatabaseAsync() }, "--urls", url);

    private static async Task RefusedAsync(string folder, string reason, Dictionary<string, string>? environment = null, params string[] arguments)
    {
        var (exitCode, output) = await TrackerProcess.RunAsync(folder, environment, arguments.Length > 0 ? arguments : ["--urls", "http://127.0.0.1:0"]);
        exitCode.ShouldNotBe(0);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.Contains(" INF ")).ToList();
        lines.Count.ShouldBe(1, output);
        lines[0].ShouldContain(reason);
    }

    private static async Task CreateRunAsync(Uri address, string id)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var answer = await client.PostAsJsonAsync("/api/v1/runs", new { project = "life", id });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private Process DatabaseProcess() =>
        Process.GetProcessById(int.Parse(File.ReadLines(_data[Path.Combine("database", "postmaster.pid")]).First()));
}
