using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Grpc;

/// <summary>A Python that has grpcio and protobuf (Debian: python3-grpcio, python3-protobuf, protobuf-compiler).</summary>
internal sealed class PythonWithGrpc
{
    private readonly string _python;
    private readonly string _compiler;

    private PythonWithGrpc(string python, string compiler) => (_python, _compiler) = (python, compiler);

    /// <summary>The first one that this machine has; without one the test is skipped at home and fails on the build server.</summary>
    public static async Task<PythonWithGrpc> FindAsync()
    {
        var compiler = Tool.Find("The compiler of Protocol Buffers", "protoc", "protoc.exe");
        foreach (var name in new[] { "python3", "/usr/bin/python3" })
        {
            var python = Tool.Find("Python 3", name, "python3.exe", "python.exe");
            var (exitCode, _) = await Tool.RunAsync(python, ["-c", "import grpc, google.protobuf"], Repository.Root);
            if (exitCode == 0) return new PythonWithGrpc(python, compiler);
        }

        const string Missing = "No Python with grpcio and protobuf is installed on this machine.";
        if (Repository.IsCi) Assert.Fail(Missing);
        Assert.Skip(Missing);
        return null!;
    }

    /// <summary>The messages of <c>proto/</c> as Python modules, in a folder for PYTHONPATH.</summary>
    public async Task<TemporaryFolder> MessagesAsync()
    {
        var folder = new TemporaryFolder("tracker messages");
        var protos = Repository.PathOf("proto");
        var (exitCode, output) = await Tool.RunAsync(
            _compiler, ["-I", protos, $"--python_out={folder.Path}", "tracker/v1/ingest.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"], protos);
        exitCode.ShouldBe(0, output);
        // google is a package of protobuf, too: a second folder of it is found only when the first says so.
        await File.WriteAllTextAsync(folder["sitecustomize.py"], "import google\ngoogle.__path__ = list(google.__path__) + [__file__.rsplit('/', 1)[0] + '/google']\n");
        return folder;
    }

    public Task<(int ExitCode, string Output)> RunAsync(TemporaryFolder messages, TrackerServer server, IEnumerable<string> arguments) =>
        Tool.RunAsync(_python, arguments, messages.Path, new Dictionary<string, string>
        {
            ["PYTHONPATH"] = messages.Path,
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["TRACKER_URL"] = server.Address.ToString().TrimEnd('/'),
            ["TRACKER_GRPC"] = server.GrpcAddress.Authority,
        });
}
