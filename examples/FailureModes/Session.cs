using Tracker.Client;

namespace FailureModes;

/// <summary>Runs modes side by side, one Tracker run each, and prints what became of them.</summary>
internal sealed class Session(Plan plan, DataSet data, string project, Uri? url, bool isSent, DirectoryInfo? record)
{
    private readonly Lock _console = new();

    public async Task RunAsync(IEnumerable<Mode> modes, CancellationToken cancellationToken)
    {
        record?.Create();
        await Task.WhenAll(modes.Select(mode => Task.Run(() => RunAsync(mode, cancellationToken), CancellationToken.None)));
    }

    private async Task RunAsync(Mode mode, CancellationToken cancellationToken)
    {
        var config = Training.Config(mode, plan, data);
        var run = await TrackerRun.StartAsync(
            new TrackerRunOptions
            {
                Project = project,
                Name = mode.Name,
                Config = config,
                Tags = ["example", data.Name],
                Notes = mode.Shows,
                Url = url,
                Mode = isSent ? null : TrackerMode.Disabled,
                // An exception on the way must not look like a success.
                StateOnDispose = TrackerFinishState.Failed,
                // Program.cs ends all runs in order.
                EndsOnSignals = false,
            },
            cancellationToken);
        var recorder = record is null ? null : new Recorder(Path.Combine(record.FullName, mode.Name + ".jsonl.gz"), mode.Name, config);
        await using var log = new RunLog(run, recorder);
        Print($"{mode.Name,-13} {log.Url?.ToString() ?? "not sent"}");
        var result = await new Training(mode, plan, data, log).RunAsync(cancellationToken);
        await log.FinishAsync(result.State);
        Print(Summary(mode, result));
    }

    private static string Summary(Mode mode, TrainingResult result)
    {
        var clipped = result.ClippedShare is { } share ? $", clipped in {share:P0} of the steps" : "";
        var broken = result.FirstNonFinite is { } step ? $", loss no number from step {step}" : "";
        return $"{mode.Name,-13} {result.State.ToString().ToLowerInvariant()} after {result.Steps} steps: train loss {result.FirstLoss:G4} → {result.LastLoss:G4}, "
            + $"val loss {result.LastValidationLoss:G4} (best {result.BestValidationLoss:G4}), val accuracy {result.ValidationAccuracy:P1}{clipped}{broken}";
    }

    private void Print(string line)
    {
        lock (_console) Console.WriteLine(line);
    }
}
