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
        var (project, run, server, json) = (Project(), Run(), Server.Option(), Server.Json("Print one JSON line per run when it has been sent, and nothing else."));
        var command = new Command("tensorboard", "Import event files of TensorBoard: scalars and histograms. What is there already is not sent again.") { folder, follow, project, run, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(() => new TensorBoardImport(
            new ImportTarget(Server.AddressOf(parsed.GetValue(server)), parsed.GetValue(project), parsed.GetValue(run), parsed.GetValue(json)), parsed.GetValue(folder)!, parsed.GetValue(follow)).RunAsync(cancel)));
        return command;
    }

    private static Command Csv()
    {
        var files = new Argument<string[]>("FILE") { Description = "Comma-separated files with a line of names; each is a run.", Arity = ArgumentArity.OneOrMore };
        var step = new Option<string?>("--step") { Description = "Column of the step. Default: step, global_step, iteration or _step, else the number of the line." };
        var time = new Option<string?>("--time") { Description = "Column of the time: Unix seconds or milliseconds, or ISO 8601. Default: time, wall_time, timestamp or _timestamp, if there is one." };
        var (project, run, server, json) = (Project(), Run(), Server.Option(), Server.Json("Print one JSON line per run when it has been sent, and nothing else."));
        var command = new Command("csv", "Import comma-separated files: a column a series, or the columns series and value. What is there already is not sent again.") { files, step, time, project, run, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            var target = new ImportTarget(Server.AddressOf(parsed.GetValue(server)), parsed.GetValue(project), parsed.GetValue(run), parsed.GetValue(json));
            if (target.Run is not null && parsed.GetValue(files)!.Length > 1) throw new CommandException(CommandException.Incomplete, "--run names one run, and there are several files");
            var exit = 0;
            foreach (var file in parsed.GetValue(files)!) exit = Math.Max(exit, await CsvImport.RunAsync(target, file, parsed.GetValue(step), parsed.GetValue(time), cancel));
            return exit;
        }));
        return command;
    }

    private static Option<string?> Run()
    {
        var run = new Option<string?>("--run") { Description = "Id of the run, 1 to 64 of A-Z a-z 0-9 _ . -; it is made, or gone on with. Default: made of what is imported." };
        run.Validators.Add(result =>
        {
            var id = result.GetValueOrDefault<string?>() ?? "";
            if (id.Length is 0 or > 64 || id.Any(c => !char.IsAsciiLetterOrDigit(c) && !"_.-".Contains(c, StringComparison.Ordinal))) result.AddError($"--run is 1 to 64 of A-Z a-z 0-9 _ . -; '{id}' is not.");
        });
        return run;
    }

    private static Option<string?> Project() => new("--project") { Description = "Project of the runs. Default: TRACKER_PROJECT, else imported." };
}
