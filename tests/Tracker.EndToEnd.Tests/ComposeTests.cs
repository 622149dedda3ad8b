using Shouldly;
using Tracker.Testing;
using Xunit;
using YamlDotNet.Serialization;

namespace Tracker.EndToEnd.Tests;

/// <summary><c>docker-compose.yml</c> is YAML of the shape that Compose takes, and keeps its promises about passwords and health.</summary>
public sealed class ComposeTests
{
    private static readonly Dictionary<string, object> Root = Read();

    [Fact]
    public void It_runs_the_server_and_PostgreSQL_each_with_a_health_check()
    {
        var services = Map(Root["services"]);
        services.Keys.ShouldBe(["postgres", "tracker"], ignoreOrder: true);
        foreach (var (_, service) in services) Map(service).ShouldContainKey("healthcheck");
        var waitsFor = Map(Map(Map(services["tracker"])["depends_on"])["postgres"]);
        waitsFor["condition"].ShouldBe("service_healthy");
    }

    [Fact]
    public void Every_volume_and_secret_that_a_service_uses_is_declared()
    {
        foreach (var (_, service) in Map(Root["services"]))
        {
            foreach (var secret in List(service, "secrets")) Map(Root["secrets"]).ShouldContainKey(secret);
            foreach (var volume in List(service, "volumes").Where(volume => !volume.StartsWith('.')))
                Map(Root["volumes"]).ShouldContainKey(volume[..volume.IndexOf(':')]);
        }
    }

    [Fact]
    public void The_password_comes_from_a_file_and_stands_nowhere()
    {
        foreach (var (_, service) in Map(Root["services"]))
        {
            foreach (var (name, value) in Map(Map(service)["environment"]))
            {
                if (name.Contains("PASSWORD")) name.ShouldEndWith("_FILE");
                $"{value}".ShouldNotContain("Password=", Case.Insensitive);
            }
        }
    }

    [Fact]
    public void The_server_is_published_on_loopback_only_and_the_database_not_at_all()
    {
        var services = Map(Root["services"]);
        List(services["tracker"], "ports").ShouldAllBe(port => port.StartsWith("127.0.0.1:"));
        Map(services["postgres"]).ShouldNotContainKey("ports");
    }

    private static Dictionary<string, object> Read() =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(Repository.PathOf("docker-compose.yml")));

    private static Dictionary<string, object> Map(object node) =>
        node.ShouldBeOfType<Dictionary<object, object>>().ToDictionary(pair => $"{pair.Key}", pair => pair.Value);

    private static IEnumerable<string> List(object service, string key) =>
        Map(service).TryGetValue(key, out var list) ? list.ShouldBeOfType<List<object>>().Select(item => $"{item}") : [];
}
