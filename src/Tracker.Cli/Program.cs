using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
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
var parsed = root.Parse(args);
// A mistyped option would be taken for a file or a run; after -- it may be one.
var stray = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal));
if (stray is not null && parsed.UnmatchedTokens.Count == 0)
{
    await Console.Error.WriteLineAsync($"tracker: there is no option {stray.Value}; see: tracker {parsed.CommandResult.Command.Name} --help").ConfigureAwait(false);
    return CommandException.Incomplete;
}

return await parsed.InvokeAsync().ConfigureAwait(false);
