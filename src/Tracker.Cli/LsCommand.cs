using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tracker.Cli;

/// <summary><c>tracker ls [PROJECT] [--filter F] [--order-by O] [--limit N] [--json]</c>: projects, or the runs of one.</summary>
internal static class LsCommand
{
    private static readonly string[] s_losses = ["val/loss", "train/loss"];

    public static Command Create()
    {
        var project = new Argument<string?>("PROJECT") { Description = "Its runs. Default: list the projects.", Arity = ArgumentArity.ZeroOrOne };
        var filter = new Option<string?>("--filter") { Description = "Such as: state = \"running\" and metrics.val/loss < 0.3" };
        var order = new Option<string?>("--order-by") { Description = "Such as: metrics.val/loss.min. Default: the newest first." };
        var limit = new Option<int>("--limit") { Description = "Most runs.", DefaultValueFactory = _ => 20 };
        var (server, json) = (Server.Option(), Server.Json("Print one JSON line per project or run, whole, and nothing else."));
        var command = new Command("ls", "List projects, or the runs of a project.") { project, filter, order, limit, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            var path = parsed.GetValue(project) is { } name ? $"runs?project={Uri.EscapeDataString(name)}" : parsed.GetValue(filter) is null ? "projects" : "runs?";
            if (path != "projects") path += $"&limit={Math.Clamp(parsed.GetValue(limit), 1, 200)}{Query("filter", parsed.GetValue(filter))}{Query("orderBy", parsed.GetValue(order))}";
            var rows = new List<JsonNode>();
            await foreach (var item in asked.ListAsync(path, cancel))
            {
                rows.Add(item);
                if (path != "projects" && rows.Count >= parsed.GetValue(limit)) break;
            }

            if (parsed.GetValue(json)) rows.ForEach(row => Console.WriteLine(row.ToJsonString()));
            else if (path == "projects") Projects(rows);
            else Runs(rows);
            return 0;
        }));
        return command;
    }

    private static string Query(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static void Projects(List<JsonNode> rows) => TextTable.Print(
        ["PROJECT", "RUNS", "RUNNING", "DIAGNOSES", "LAST ACTIVITY"],
        rows.Select(p => new[] { Text(p["name"]), Text(p["runs"]), Text(p["running"]), Text(p["openDiagnoses"]), Time(p["lastActivityAt"]) }));

    private static void Runs(List<JsonNode> rows) => TextTable.Print(
        ["RUN", "NAME", "STATE", "STEP", "LOSS", "DIAGNOSES", "CREATED"],
        rows.Select(r => new[] { Text(r["id"]), Text(r["name"]), Text(r["state"]), Text(r["lastStep"]), Loss(r["metrics"]), Diagnoses(r["diagnoses"]), Time(r["createdAt"]) }));

    /// <summary>The last validation loss, else the training loss.</summary>
    private static string Loss(JsonNode? metrics) =>
        s_losses.Select(name => metrics?[name]?["last"]).FirstOrDefault(value => value is not null) is { } last
            ? double.TryParse(last.ToString(), out var number) ? number.ToString("G5") : last.ToString()
            : "";

    private static string Diagnoses(JsonNode? open) =>
        string.Join(", ", (open as JsonArray ?? []).Where(d => (string?)d!["severity"] != "info").Select(d => $"{(string?)d!["severity"]}: {(string?)d["cause"]}"));

    private static string Time(JsonNode? value) => DateTimeOffset.TryParse((string?)value, out var time) ? time.ToLocalTime().ToString("yyyy-MM-dd HH:mm") : "";

    private static string Text(JsonNode? value) => value?.ToString() ?? "";
}
