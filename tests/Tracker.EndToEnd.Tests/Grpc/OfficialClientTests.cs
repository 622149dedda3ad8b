using System.Text.RegularExpressions;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Grpc;

/// <summary>gRPC as its official clients see it: grpcio of Debian and @grpc/grpc-js of npm.</summary>
public sealed partial class OfficialClientTests(PostgresFixture postgres)
{
    private static readonly string Folder = Repository.PathOf("tests", "Tracker.EndToEnd.Tests", "Grpc");
    private static readonly string Web = Repository.PathOf("src", "Tracker.Web");

    [Fact]
    public async Task The_Python_client_is_served()
    {
        var python = await PythonWithGrpc.FindAsync();
        using var messages = await python.MessagesAsync();
        await using var server = await TrackerServer.StartAsync(postgres);
        var (exitCode, output) = await python.RunAsync(messages, server, [Path.Combine(Folder, "test_python.py")]);
        exitCode.ShouldBe(0, output);
    }

    [Fact]
    public async Task The_Node_client_is_served()
    {
        var node = NodeWithGrpc();
        await using var server = await TrackerServer.StartAsync(postgres);
        var (exitCode, output) = await Tool.RunAsync(node, ["--test", Path.Combine(Folder, "test_node.mjs")], Folder, Environment(server));
        exitCode.ShouldBe(0, output);
    }

    [Fact]
    public async Task The_Python_code_of_the_page_runs()
    {
        var python = await PythonWithGrpc.FindAsync();
        using var messages = await python.MessagesAsync();
        await using var server = await TrackerServer.StartAsync(postgres);
        await File.WriteAllTextAsync(messages["page.py"], await SnippetAsync("python"));
        var (exitCode, output) = await python.RunAsync(messages, server, [messages["page.py"]]);
        exitCode.ShouldBe(0, output);
        output.ShouldEndWith("holds batches up to 100");
    }

    [Fact]
    public async Task The_Node_code_of_the_page_runs()
    {
        var node = NodeWithGrpc();
        await using var server = await TrackerServer.StartAsync(postgres);
        // Beside the packages, where imports look for them.
        var page = Path.Combine(Web, "node_modules", $".page-{Guid.NewGuid():n}.mjs");
        try
        {
            await File.WriteAllTextAsync(page, await SnippetAsync("js"));
            var (exitCode, output) = await Tool.RunAsync(node, [page], Folder, Environment(server));
            exitCode.ShouldBe(0, output);
            output.ShouldEndWith("holds batches up to 100");
        }
        finally
        {
            File.Delete(page);
        }
    }

    private static string NodeWithGrpc()
    {
        var node = Tool.Find("Node", "node", "node.exe");
        var there = Directory.Exists(Path.Combine(Web, "node_modules", "@grpc", "grpc-js"));
        if (!there && Repository.IsCi) Assert.Fail("src/Tracker.Web/node_modules has no @grpc/grpc-js: run npm ci there");
        Assert.SkipUnless(there, "src/Tracker.Web/node_modules has no @grpc/grpc-js: run npm ci there");
        return node;
    }

    private static Dictionary<string, string> Environment(TrackerServer server) => new()
    {
        ["TRACKER_URL"] = server.Address.ToString().TrimEnd('/'),
        ["TRACKER_GRPC"] = server.GrpcAddress.Authority,
        ["TRACKER_PROTO"] = Repository.PathOf("proto"),
        ["WEB"] = Web,
    };

    private static async Task<string> SnippetAsync(string language)
    {
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "clients", "grpc.md"));
        return Snippets().Matches(page).Single(match => match.Groups["language"].Value == language).Groups["code"].Value;
    }

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippets();
}
