using System.CommandLine;
using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker diagnose FILE… [--json]</c>: recorded runs through the analyzer, with no server. Exits with 0 whatever it finds,
/// with 2 when a file cannot be read; the other files are diagnosed all the same.
/// </summary>
internal static class DiagnoseCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Recorded runs, plain or gzip.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON line per event and nothing else." };
        var command = new Command("diagnose", "Say what is wrong with recorded runs, since when, why, and what to do.") { files, json };
        command.SetAction(result => Run(result.GetValue(files)!, result.GetValue(json), Console.Out, Console.Error));
        return command;
    }

    internal static int Run(IEnumerable<string> files, bool json, TextWriter output, TextWriter errors)
    {
        var exit = 0;
        foreach (var path in files)
        {
            try
            {
                using var file = RecordedRunFile.Open(path);
                if (json) PrintEvents(file.Run, output);
                else PrintReport(file.Run, output);
            }
            catch (Exception error) when (RecordedRunFile.IsUnreadable(error))
            {
                errors.WriteLine($"tracker: {path}: {error.Message}");
                exit = 2;
            }
        }
        output.Flush();
        return exit;
    }

    private static void PrintEvents(RecordedRun run, TextWriter output)
    {
        foreach (var (_, events) in run.Diagnose(new RunAnalyzer(run.Run)))
        {
            foreach (var e in events) output.WriteLine(EventLine.Format(run.Run, e));
        }
    }

    private static void PrintReport(RecordedRun run, TextWriter output)
    {
        var analyzer = new RunAnalyzer(run.Run);
        var report = new Report(run.Run, run.Config);
        foreach (var (step, _) in run.Diagnose(analyzer)) report.Add(step);
        report.Print(analyzer.Diagnoses, output);
    }
}
