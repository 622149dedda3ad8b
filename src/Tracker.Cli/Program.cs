using System.CommandLine;
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
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
