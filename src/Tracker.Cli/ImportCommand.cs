using System.CommandLine;
using Tracker.Cli.TensorBoard;

namespace Tracker.Cli;

/// <summary><c>tracker import tensorboard DIR [--follow]</c> and <c>tracker import csv FILE…</c>.</summary>
internal static class ImportCommand
{
    public static Command Create() => new("import", "Bring in what other tools have logged.") { TensorBoard(), Csv() };

    private static Command TensorBoard()
    {
        var folder = new Argument<string>("DIR") { Description = "A log directory: each folder below it that holds event files is a run." };
        var follow = new Option<bool>("--follow") { Description = "Go on as the files grow, until Ctrl-C." };
        var (project, server, json) = (Project(), Server.Option(), Server.Json("Print one JSON line per run when it has been sent, and nothing else."));
        var command = new Command("tensorboard", "Import event files of TensorBoard: scalars and histograms.") { folder, follow, project, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(() => new TensorBoardImport(
            new ImportTarget(Server.AddressOf(parsed.GetValue(server)), parsed.GetValue(project), parsed.GetValue(json)), parsed.GetValue(folder)!, parsed.GetValue(follow)).RunAsync(cancel)));
        return command;
    }

    private static Command Csv()
    {
        var files = new Argument<string[]>("FILE") { Description = "Comma-separated files with a line of names; each is a run.", Arity = ArgumentArity.OneOrMore };
        var step = new Option<string?>("--step") { Description = "Column of the step. Default: step, global_step, iteration or _step, else the number of the line." };
        var time = new Option<string?>("--time") { Description = "Column of the time: Unix seconds or milliseconds, or ISO 8601. Default: time, wall_time, timestamp or _timestamp, if there is one." };
        var (project, server, json) = (Project(), Server.Option(), Server.Json("Print one JSON line per run when it has been sent, and nothing else."));
        var command = new Command("csv", "Import comma-separated files: a column a series, or the columns series and value.") { files, step, time, project, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            var target = new ImportTarget(Server.AddressOf(parsed.GetValue(server)), parsed.GetValue(project), parsed.GetValue(json));
            var exit = 0;
            foreach (var file in parsed.GetValue(files)!) exit = Math.Max(exit, await CsvImport.RunAsync(target, file, parsed.GetValue(step), parsed.GetValue(time), cancel));
            return exit;
        }));
        return command;
    }

    private static Option<string?> Project() => new("--project") { Description = "Project of the runs. Default: TRACKER_PROJECT, else imported." };
}
