using Shouldly;
using Tracker.Testing;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Tracker.EndToEnd.Tests;

/// <summary>The compose files are YAML of the shape that Compose takes, and keep their promises about passwords, rights and health.</summary>
public sealed class ComposeTests
{
    private const string Main = "docker-compose.yml";
    private const string OnceAndGone = "secrets";

    public static TheoryData<string> Files { get; } = [Main, .. Directory.EnumerateFiles(Repository.PathOf("deploy", "compose"), "*.yml").Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Fact]
    public void It_runs_the_server_and_PostgreSQL_after_their_secrets_are_made()
    {
        var services = Services(Main);
        services.Keys.ShouldBe(["secrets", "postgres", "tracker"], ignoreOrder: true);
        Map(Map(Map(services["tracker"])["depends_on"])["postgres"])["condition"].ShouldBe("service_healthy");
        foreach (var service in new[] { "postgres", "tracker" }) Map(Map(Map(services[service])["depends_on"])[OnceAndGone])["condition"].ShouldBe("service_completed_successfully");
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_service_has_a_health_check_and_limits(string file)
    {
        foreach (var (name, service) in Services(file).Where(service => service.Key != OnceAndGone && Map(service.Value).ContainsKey("image")))
        {
            Map(service).ShouldContainKey("healthcheck", name);
            Map(service).ShouldContainKey("mem_limit", name);
            Map(service).ShouldContainKey("pids_limit", name);
            List(service, "security_opt").Concat(List(service, "cap_drop")).ShouldNotBeEmpty(name);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void The_server_writes_to_nothing_but_tmp_and_has_no_capability(string file)
    {
        foreach (var (name, service) in Services(file).Where(service => Map(service.Value).TryGetValue("image", out var image) && $"{image}".StartsWith("tracker:", StringComparison.Ordinal)))
        {
            Map(service)["read_only"].ShouldBe("true", name);
            List(service, "tmpfs").ShouldBe(["/tmp"]);
            List(service, "cap_drop").ShouldBe(["ALL"]);
            List(service, "volumes").ShouldAllBe(volume => volume.EndsWith(":ro", StringComparison.Ordinal));
            Map(Map(service)["environment"]).ShouldContainKey("TRACKER_ADMIN_KEY_FILE", name);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_volume_and_secret_that_a_service_uses_is_declared(string file)
    {
        var root = Read(file);
        foreach (var (_, service) in Services(file))
        {
            foreach (var secret in List(service, "secrets")) Map(root["secrets"]).ShouldContainKey(secret);
            foreach (var volume in List(service, "volumes").Select(volume => volume[..volume.IndexOf(':')]))
            {
                // Paths are taken from the first file's folder: the root, where these are overrides.
                if (volume.StartsWith('.')) File.Exists(Repository.PathOf(volume)).ShouldBeTrue(volume);
                else Map(root.TryGetValue("volumes", out var own) && Map(own).ContainsKey(volume) ? own : Read(Main)["volumes"]).ShouldContainKey(volume);
            }
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Passwords_come_from_files_and_stand_nowhere(string file)
    {
        foreach (var (_, service) in Services(file).Where(service => Map(service.Value).ContainsKey("environment")))
        {
            foreach (var (name, value) in Map(Map(service)["environment"]))
            {
                if (name.Contains("PASSWORD") || name.Contains("KEY")) name.ShouldEndWith("_FILE");
                $"{value}".ShouldNotContain("Password=", Case.Insensitive);
            }
        }
    }

    [Fact]
    public void The_server_is_published_on_loopback_only_and_the_database_not_at_all()
    {
        var services = Services(Main);
        List(services["tracker"], "ports").ShouldAllBe(port => port.StartsWith("127.0.0.1:"));
        Map(services["postgres"]).ShouldNotContainKey("ports");
    }

    [Fact]
    public async Task The_secrets_are_made_once_and_differ()
    {
        var shell = Tool.Find("sh", "/bin/sh");
        using var folder = new TemporaryFolder();
        // What Compose makes of "$$", in a folder of ours.
        var script = List(Services(Main)[OnceAndGone], "command").Single().Replace("$$", "$").Replace("/run/tracker", $"'{folder.Path}'");
        (await Tool.RunAsync(shell, ["-euc", script], folder.Path)).ExitCode.ShouldBe(0);
        var password = Secret("postgres-password");
        var key = Secret("admin-key");
        key.ShouldMatch("^trk_[A-Za-z0-9_-]{43}$");
        password.ShouldMatch("^[A-Za-z0-9_-]{43}$");
        key[4..].ShouldNotBe(password);
        Secret("pgbouncer-users").ShouldBe($"\"tracker\" \"{password}\"");

        // A second start changes nothing.
        (await Tool.RunAsync(shell, ["-euc", script], folder.Path)).ExitCode.ShouldBe(0);
        (Secret("postgres-password"), Secret("admin-key")).ShouldBe((password, key));

        string Secret(string name) => File.ReadAllText(Path.Combine(folder.Path, name)).TrimEnd('\n');
    }

    private static Dictionary<string, object> Services(string file) => Map(Read(file)["services"]);

    private static Dictionary<string, object> Read(string file) =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(new StringReader(File.ReadAllText(Repository.PathOf(file))))));

    private static Dictionary<string, object> Map(object node) =>
        node.ShouldBeAssignableTo<IDictionary<object, object>>()!.ToDictionary(pair => $"{pair.Key}", pair => pair.Value);

    private static IEnumerable<string> List(object service, string key) =>
        Map(service).TryGetValue(key, out var list) ? list.ShouldBeOfType<List<object>>().Select(item => $"{item}") : [];
}
