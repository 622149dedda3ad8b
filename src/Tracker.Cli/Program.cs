using System.CommandLine;
using Tracker.Cli;

// One line a command; each lives in its own file.
var root = new RootCommand("Tracker's command line.")
{
    DiagnoseCommand.Create(),
    ReplayCommand.Create(),
    BacktestCommand.Create(),
    AlertsCommand.Create(),
    SnapshotCommand.Create(),
};
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
