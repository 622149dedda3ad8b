using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker backtest --project P [--since DATE] [--server URL] [--options FILE] [--json]</c>: what the present rules, or thresholds of choice,
/// would raise on stored runs, beside what is stored. Changes nothing.
/// </summary>
internal static class BacktestCommand
{
    public static Command Create()
    {
        var project = new Option<string>("--project") { Description = "Project of the runs.", Required = true };
        var since = new Option<DateTimeOffset?>("--since") { Description = "Only runs created then or later, such as 2026-11-01. Default: all." };
        var options = new Option<FileInfo?>("--options") { Description = "A JSON file of thresholds, such as {\"clipping\": {\"often\": 0.4}}. Default: those of the rules." };
        var (server, json) = (Server.Option(), Server.Json("Print one JSON line per run and nothing else."));
        var command = new Command("backtest", "Show what the rules would raise on stored runs, beside what is stored.") { project, since, server, options, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            return await RunAsync(asked, parsed.GetValue(project)!, parsed.GetValue(since), await ReadAsync(parsed.GetValue(options), cancel), parsed.GetValue(json), cancel);
        }));
        return command;
    }

    private static async Task<JsonNode?> ReadAsync(FileInfo? options, CancellationToken cancel)
    {
        if (options is null) return null;
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(options.FullName, cancel));
        }
        catch (JsonException error)
        {
            throw new CommandException(CommandException.Unreadable, $"{options.FullName}: {error.Message}");
        }
    }

    private static async Task<int> RunAsync(Server asked, string project, DateTimeOffset? since, JsonNode? thresholds, bool json, CancellationToken cancel)
    {
        var (runs, changed, cursor) = (0, 0, (string?)null);
        do
        {
            // A few runs a call, so that no answer takes long and lines come as they are ready.
            var request = new JsonObject { ["since"] = since?.ToString("O", CultureInfo.InvariantCulture), ["options"] = thresholds?.DeepClone(), ["limit"] = 5, ["cursor"] = cursor };
            using var page = (await asked.PostAsync($"projects/{Uri.EscapeDataString(project)}/backtest", request, cancel)).Deserialize<JsonDocument>()!;
            foreach (var run in page.RootElement.GetProperty("items").EnumerateArray())
            {
                runs++;
                if (json) Console.Out.WriteLine(run.GetRawText());
                else changed += Print(run, Console.Out) ? 1 : 0;
            }
            cursor = Text(page.RootElement, "nextCursor");
        }
        while (cursor is not null);
        if (!json) Console.Out.WriteLine($"{runs} runs, {changed} with other warnings");
        return 0;
    }

    private static bool Print(JsonElement run, TextWriter output)
    {
        var (added, gone) = (Words(run.GetProperty("added")), Words(run.GetProperty("gone")));
        var skipped = Text(run, "skipped");
        var says = skipped is not null ? $"not folded: {skipped}" : added.Length + gone.Length == 0 ? "as stored" : string.Join("  ", added.Select(a => "+" + a).Concat(gone.Select(g => "-" + g)));
        output.WriteLine($"{run.GetProperty("run").GetString()}  {says}");
        if (added.Length + gone.Length == 0) return false;
        foreach (var (sign, list) in new[] { ("would raise", "raised"), ("stored", "stored") })
        {
            foreach (var d in run.GetProperty(list).EnumerateArray().Where(d => d.GetProperty("severity").GetString() != "info"))
            {
                output.WriteLine($"    {sign}: {d.GetProperty("severity").GetString()}  {d.GetProperty("title").GetString()} ({d.GetProperty("cause").GetString()}, since step {d.GetProperty("onsetStep").GetInt64()})");
            }
        }
        return true;
    }

    private static string? Text(JsonElement row, string field) => row.TryGetProperty(field, out var text) ? text.GetString() : null;

    private static string[] Words(JsonElement list) => [.. list.EnumerateArray().Select(w => w.GetString()!)];
}
