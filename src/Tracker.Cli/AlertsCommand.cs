using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker alerts [--project P] [--since N] [--limit N] [--follow] [--json] [--server URL]</c>: the latest alerts, and with <c>--follow</c> those that come, until
/// it is interrupted; a connection that breaks is made anew, and nothing is missed or told twice. Exits with 3 when the server does not answer at the start, with 2
/// when it says no.
/// </summary>
internal static class AlertsCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var project = new Option<string?>("--project") { Description = "Only alerts of this project. Default: all." };
        var since = new Option<long?>("--since") { Description = "Begin after this sequence, oldest first. Default: the latest alerts." };
        var limit = new Option<int>("--limit") { Description = "Most alerts listed, 1-1000.", DefaultValueFactory = _ => 20 };
        var follow = new Option<bool>("--follow") { Description = "Go on with the alerts that come, until interrupted." };
        var (server, json) = (Server.Option(), Server.Json("Print one JSON line per alert, whole, and nothing else."));
        var command = new Command("alerts", "List alerts, or follow them.") { project, since, limit, follow, json, server };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            var ofProject = parsed.GetValue(project) is { } name ? $"&project={Uri.EscapeDataString(name)}" : "";
            var count = Math.Clamp(parsed.GetValue(limit), 1, 1000);
            var (from, asJson) = (parsed.GetValue(since), parsed.GetValue(json));
            var page = await asked.GetAsync(from is { } start ? $"alerts?since={start}&limit={count}{ofProject}" : $"alerts?before=now&limit={count}{ofProject}", cancel);
            var items = page["items"]!.AsArray().Select(item => item!).ToList();
            if (from is null) items.Reverse();
            foreach (var item in items) Print(item, asJson);
            if (!parsed.GetValue(follow)) return 0;
            var last = items.Count > 0 ? items[^1]["sequence"]!.GetValue<long>() : from ?? await LastAsync(asked, cancel);
            await FollowAsync(asked, last, ofProject, asJson, cancel);
            return 0;
        }));
        return command;
    }

    /// <summary>The sequence of the latest alert of all projects: nothing before it will come.</summary>
    private static async Task<long> LastAsync(Server asked, CancellationToken cancel) =>
        (await asked.GetAsync("alerts?before=now&limit=1", cancel))["items"]!.AsArray() is [{ } item] ? item["sequence"]!.GetValue<long>() : 0;

    private static async Task FollowAsync(Server asked, long last, string ofProject, bool json, CancellationToken cancel)
    {
        var away = false;
        while (true)
        {
            try
            {
                using var response = await asked.OpenAsync($"alerts/stream?since={last}{ofProject}", cancel);
                using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
                away = false;
                while (await lines.ReadLineAsync(cancel) is { } line)
                {
                    if (!line.StartsWith("data:", StringComparison.Ordinal) || JsonNode.Parse(line[5..]) is not JsonObject alert) continue;
                    last = alert["sequence"]!.GetValue<long>();
                    Print(alert, json);
                }
            }
            catch (Exception error) when (error is IOException or JsonException or CommandException { ExitCode: CommandException.Unreachable })
            {
                if (!away) await Console.Error.WriteLineAsync($"tracker: {error.Message}; trying again");
                away = true;
            }

            await Task.Delay(Pause, cancel);
        }
    }

    private static void Print(JsonNode alert, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(alert.ToJsonString());
            Console.Out.Flush();
            return;
        }

        var data = alert["data"]!;
        var time = DateTimeOffset.TryParse((string?)alert["timestamp"], CultureInfo.InvariantCulture, out var at) ? at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "";
        Console.Out.WriteLine($"{time}  {(string?)data["severity"],-4}  {(string?)alert["type"],-18}  {(string?)data["project"]}/{(string?)data["run"]}  {(string?)data["title"]}");
        if ((string?)data["symptom"] is { Length: > 0 } symptom) Console.Out.WriteLine($"{"",21}{symptom}");
        if (data["prescriptions"] is JsonArray { Count: > 0 } advice && (string?)alert["type"] != "diagnosis.resolved") Console.Out.WriteLine($"{"",21}do: {(string?)advice[0]}");
    }
}
