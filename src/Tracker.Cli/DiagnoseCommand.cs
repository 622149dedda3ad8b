using System.CommandLine;

namespace Tracker.Cli;

/// <summary><c>tracker diagnose FILE… [--json]</c>: recorded runs through the analyzer, with no server.</summary>
internal static class DiagnoseCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Recorded runs, plain or gzip.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON line per event and nothing else." };
        var command = new Command("diagnose", "Say what is wrong with recorded runs, since when, why, and what to do.") { files, json };
        command.SetAction(result => Run(result.GetValue(files)!, result.GetValue(json)));
        return command;
    }

    private static int Run(string[] files, bool json)
    {
        var exit = 0;
        foreach (var path in files)
        {
            try
            {
                using var file = RecordedRunFile.Open(path);
                var steps = file.Run.ReadSteps().Count();
                if (!json) Console.WriteLine($"{file.Run.Run}: {steps} steps");
            }
            catch (Exception error) when (RecordedRunFile.IsUnreadable(error))
            {
                Console.Error.WriteLine($"{path}: {error.Message}");
                exit = 2;
            }
        }
        return exit;
    }
}
