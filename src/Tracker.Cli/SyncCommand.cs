using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tracker.Client;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker sync [PATH…] [--server URL] [--json]</c>: sends what runs left on disk, offline or because their process died: spools of the
/// .NET and the Python client, and the Python client's <c>.ndjson</c> files. Sent twice, it counts once.
/// </summary>
internal static class SyncCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Spools, folders of spools, .ndjson files. Default: ./tracker-offline and the user's spool.", Arity = ArgumentArity.ZeroOrMore,
        };
        var server = new Option<Uri?>("--server") { Description = "Another server than the one that each run was meant for.", CustomParser = ReplayCommand.Address };
        var patience = new Option<double>("--patience") { Description = "Seconds to try on while a server takes nothing.", DefaultValueFactory = _ => 30 };
        var json = Server.Json("Print one JSON line per run and nothing else.");
        var command = new Command("sync", "Send runs that were offline, or whose process died before all was sent.") { paths, server, patience, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(() => RunAsync(
            parsed.GetValue(paths) ?? [], parsed.GetValue(server), TimeSpan.FromSeconds(parsed.GetValue(patience)), parsed.GetValue(json), cancel)));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, Uri? server, TimeSpan patience, bool json, CancellationToken cancel)
    {
        var (spools, files) = Find(paths);
        var exit = 0;
        foreach (var spool in spools) exit = Math.Max(exit, await SendAsync(spool, server, patience, json, cancel));
        foreach (var file in files) exit = Math.Max(exit, await SendAsync(file, server, json, cancel));
        if (spools.Count + files.Count == 0 && !json) Console.WriteLine("nothing to send");
        return exit;
    }

    private static (List<TrackerSpooledRun> Spools, List<string> Files) Find(string[] paths)
    {
        var given = paths.Length > 0 ? paths : [.. new[] { "tracker-offline", TrackerSpool.DefaultFolder }.Where(Directory.Exists)];
        var (spools, files) = (new List<TrackerSpooledRun>(), new List<string>());
        foreach (var path in given)
        {
            if (File.Exists(path))
            {
                files.Add(path);
                continue;
            }

            if (!Directory.Exists(path)) throw new CommandException(CommandException.Unreadable, $"{path}: no such file or folder");
            spools.AddRange(TrackerSpool.List(path));
            files.AddRange(Directory.GetFiles(path, "*.ndjson").Order(StringComparer.Ordinal));
        }

        return (spools, files);
    }

    private static async Task<int> SendAsync(TrackerSpooledRun spool, Uri? server, TimeSpan patience, bool json, CancellationToken cancel)
    {
        try
        {
            using var bar = new ProgressBar(spool.Run, !json);
            var progress = new Forward(bar);
            // One that was offline may not know its server.
            var address = server ?? (spool.Url.Length > 0 ? null : Server.AddressOf(null));
            var result = await TrackerSpool.SendAsync(spool, address, patience: patience, progress: progress, cancellationToken: cancel);
            if (result is null)
            {
                Console.Error.WriteLine($"tracker: {spool.Folder}: its process lives, or somebody else is sending it; left alone");
                return 0;
            }

            Say(json, spool.Run, spool.Folder, result.Sent, result.Dropped, null);
            return result.Dropped == 0 ? 0 : CommandException.Incomplete;
        }
        catch (Exception error) when (error is TimeoutException or ArgumentException)
        {
            Say(json, spool.Run, spool.Folder, 0, 0, error.Message);
            return error is TimeoutException ? CommandException.Unreachable : CommandException.Unreadable;
        }
    }

    /// <summary>The Python client's file: a line a request, <c>{"method", "path", "body"}</c>.</summary>
    private static async Task<int> SendAsync(string file, Uri? address, bool json, CancellationToken cancel)
    {
        using var server = new Server(address);
        using var bar = new ProgressBar(Path.GetFileName(file), !json);
        var total = new FileInfo(file).Length;
        var (run, done, sent, dropped) = (Path.GetFileNameWithoutExtension(file), 0L, 0L, 0L);
        await foreach (var line in File.ReadLinesAsync(file, cancel))
        {
            done += line.Length + 1;
            if (line.Length == 0) continue;
            JsonObject request;
            try
            {
                request = JsonNode.Parse(line)!.AsObject();
            }
            catch (JsonException)
            {
                // The last line of a process that was killed.
                if (done >= total) break;
                throw new CommandException(CommandException.Unreadable, $"{file}: not a request: {line[..Math.Min(line.Length, 80)]}");
            }

            var body = request["body"] as JsonObject ?? [];
            var path = ((string?)request["path"] ?? "").TrimStart('/');
            if (path == "runs") body["resume"] = "allow";
            var (status, detail) = await server.SendAsync(new HttpMethod((string?)request["method"] ?? "POST"), path, body.ToJsonString(), cancel);
            if (status is 429 or >= 500) throw new CommandException(CommandException.Unreachable, $"{server.Address} says {status}: {detail}");
            if (status is < 200 or >= 300) dropped++;
            else sent++;
            if (status >= 400) await Console.Error.WriteLineAsync($"tracker: {file}: {status}: {detail}");
            bar.Report((done, total));
        }

        bar.Dispose();
        Say(json, run, file, sent, dropped, null);
        return dropped == 0 ? 0 : CommandException.Incomplete;
    }

    private static void Say(bool json, string run, string from, long sent, long dropped, string? trouble)
    {
        if (json) Console.WriteLine(JsonSerializer.Serialize(new { run, from, sent, dropped, trouble }));
        else if (trouble is not null) Console.Error.WriteLine($"tracker: {run}: {trouble}; it stays in {from}");
        else Console.WriteLine($"{run}: {sent:N0} sent{(dropped > 0 ? $", {dropped:N0} refused" : "")}");
    }

    private sealed class Forward(ProgressBar bar) : IProgress<TrackerSpoolProgress>
    {
        public void Report(TrackerSpoolProgress value) => bar.Report((value.Sent, value.Total));
    }
}
