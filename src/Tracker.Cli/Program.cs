using System.CommandLine;
using System.CommandLine.Help;
using Tracker.Cli;

// One line a command; each lives in its own file.
var root = new RootCommand("Tracker's command line.")
{
    LsCommand.Create(),
    OpenCommand.Create(),
    DiagnoseCommand.Create(),
    BacktestCommand.Create(),
    AlertsCommand.Create(),
    SnapshotCommand.Create(),
    SyncCommand.Create(),
    ImportCommand.Create(),
    ExportCommand.Create(),
    ReplayCommand.Create(),
    CompletionCommand.Create(),
    AdminCommand.Create(),
};
// Nobody wants to be offered four spellings of help.
root.Options.OfType<HelpOption>().Single().Aliases.Clear();
root.Options.OfType<HelpOption>().Single().Aliases.Add("-h");
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
