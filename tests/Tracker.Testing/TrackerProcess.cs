using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Tracker.Testing;

/// <summary>The server as people run it: a process of its own with its own data folder and its own PostgreSQL. It can be killed and started again.</summary>
public sealed partial class TrackerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly string _dataFolder;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly string _program;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private TrackerProcess(string dataFolder, IReadOnlyDictionary<string, string> environment, string? program = null) =>
        (_dataFolder, _environment, _program) = (dataFolder, environment, program ?? Repository.PathOf("src", "Tracker.Api", "bin", Repository.Configuration, "net10.0", "Tracker.Api.dll"));

    /// <summary>Where it listens, the same after a restart.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Where gRPC listens: another port after a restart.</summary>
    public Uri? GrpcAddress { get; private set; }

    public int ProcessId => _process!.Id;

    /// <summary>All that it wrote to standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <param name="dataFolder">The server's <c>TRACKER_DATA</c>.</param>
    /// <param name="environment">More variables, such as <c>Alerts__Webhook__Url</c>.</param>
    /// <param name="program">The server's assembly, of another version perhaps; null for that of this build.</param>
    /// <returns>The server once it is ready.</returns>
    public static async Task<TrackerProcess> StartAsync(string dataFolder, IReadOnlyDictionary<string, string>? environment = null, string? program = null)
    {
        var server = new TrackerProcess(dataFolder, environment ?? new Dictionary<string, string>(), program);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it with these arguments and variables and waits for its end: for what must not start.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string dataFolder, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        await using var server = new TrackerProcess(dataFolder, environment ?? new Dictionary<string, string>());
        _ = server.Launch(arguments);
        return (await server.ExitAsync(), server.Output);
    }

    /// <summary>Starts it again on the same data and the same port, after <see cref="KillAsync"/> or <see cref="StopAsync"/>.</summary>
    public async Task StartAsync()
    {
        var ready = Launch("--urls", Address?.ToString() ?? "http://127.0.0.1:0");
        var ended = _process!.WaitForExitAsync();
        if (await Task.WhenAny(ready, ended, Task.Delay(Patience)) != ready) throw new InvalidOperationException($"The server did not get ready:\n{Output}");
        Address = await ready;
    }

    /// <summary><c>kill -9</c> of the server alone: its PostgreSQL stays behind.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM (or SIGINT), as a service manager or Ctrl-C send it, and the wait for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(PosixSignal signal = PosixSignal.SIGTERM)
    {
        using var kill = Process.Start("kill", [signal == PosixSignal.SIGINT ? "-INT" : "-TERM", $"{ProcessId}"]);
        await kill.WaitForExitAsync();
        return await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        // A clean stop takes the database along.
        if (!_process.HasExited && !OperatingSystem.IsWindows()) await StopAsync();
        _process.Dispose();
    }

    private Task<Uri> Launch(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [_program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.PathOf("src", "Tracker.Api"),
        };
        start.Environment.Remove("ConnectionStrings__Tracker");
        start.Environment["TRACKER_DATA"] = _dataFolder;
        start.Environment["TRACKER_GRPC_URL"] = "http://127.0.0.1:0";
        foreach (var (name, value) in _environment) start.Environment[name] = value;

        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process?.Dispose();
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return ready.Task;

        void Note(string? line)
        {
            if (line is null) return;
            lock (_output) _output.AppendLine(line);
            if (ReadyLine().Match(line) is not { Success: true } match) return;
            if (match.Groups[2].Success) GrpcAddress = new Uri(match.Groups[2].Value);
            ready.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    private async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException exception)
        {
            _process!.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"The server did not end:\n{Output}", exception);
        }
        return _process!.ExitCode;
    }

    /// <summary>The one line that the server prints when it serves: "Tracker … http://127.0.0.1:5080, gRPC http://127.0.0.1:5081".</summary>
    [GeneratedRegex(@"^Tracker\b.*?(https?://[^\s,]+)(?:.*gRPC (https?://[^\s,]+))?")]
    private static partial Regex ReadyLine();
}
