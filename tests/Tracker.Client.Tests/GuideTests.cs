using Shouldly;
using Tracker.Client.Probes;
using Tracker.Testing;
using Xunit;
using static Tracker.Client.Tests.SurroundingsTests;

namespace Tracker.Client.Tests;

/// <summary>Every piece of C# in the guide stands in this file, line for line, and so compiles.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_code_in_the_guide_is_the_code_that_compiles_here()
    {
        var here = Lines(await File.ReadAllTextAsync(Repository.PathOf("tests", "Tracker.Client.Tests", "GuideTests.cs")));
        var guide = (await File.ReadAllTextAsync(Repository.PathOf("docs", "clients", "dotnet.md"))).Split("```csharp").Skip(1).Select(block => Lines(block.Split("```")[0])).ToList();
        guide.Count.ShouldBeGreaterThan(5);
        foreach (var block in guide)
        {
            var found = Enumerable.Range(0, here.Count).Any(at => here.Skip(at).Take(block.Count).SequenceEqual(block));
            found.ShouldBeTrue($"The guide has code that is not compiled:\n{string.Join('\n', block)}");
        }
    }

    /// <summary>Never called, as all below: they are there to be compiled.</summary>
    internal static async Task LogAsync(int steps, double rate, Func<double> Train)
    {
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Project = "digits" });
        for (var step = 0; step < steps && !run.ShouldStop; step++)
            run.Log(step, ("train/loss", Train()), ("lr", rate));
    }

    internal static async Task ConfigAsync()
    {
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions
        {
            Project = "digits",
            Name = "wide, rate 0.1",
            Config = new Dictionary<string, object?> { ["lr"] = 0.1, ["max_grad_norm"] = 1.0, ["num_classes"] = 10, ["total_steps"] = 4000 },
            Tags = ["mlp"],
        });
        Console.WriteLine(run.Url);
    }

    internal static TrackerRunOptions Typed(Settings settings)
    {
        var options = new TrackerRunOptions { Project = "digits", Config = TrackerConfig.Of(settings, SettingsJson.Default.Settings) };
        return options;
    }

    internal static async Task RunAsync(int steps, Func<int, Task<double>> TrainAsync)
    {
        await TrackerRun.RunAsync(new TrackerRunOptions { Project = "digits" }, async run =>
        {
            for (var step = 0; step < steps; step++) run.Log(step, ("train/loss", await TrainAsync(step)));
        });
    }

    internal static async Task EndAsync(TrackerRun run)
    {
        var end = await run.FinishAsync(TrackerFinishState.Finished, timeout: TimeSpan.FromSeconds(10));
        if (!end.Complete) Console.WriteLine($"{end.Left} points were not sent and lie in {end.Spool}, {end.Dropped} were dropped");
    }

    internal static async Task RanksAsync(int rank, int step, float[] batch, float[] parameters)
    {
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Id = "shared-1", Rank = rank });
        run.LogRankHash(step, rank, Health.Hash(batch), Health.Hash(parameters));
    }

    internal static void Monitor(TrackerRun run, int steps, double rate, float[] weights, Memory<float>[] gradients, Func<double> Backward, Action<double> Update)
    {
        var monitor = new TrainingMonitor(run, new MonitorOptions { MaxNorm = 1, Parameters = () => [new("fc1.weight", weights)] });
        var clipping = new GradientClipping(null);
        for (var step = 0; step < steps; step++)
        {
            var loss = Backward();
            var norm = clipping.ByNorm(step, gradients, maxNorm: 1);
            if (monitor.Step(step, loss, norm, rate)) Update(rate);
        }
        Console.WriteLine(monitor.Summary());
    }

    internal static void Check(TrackerRun run, float[] batch, ulong[] trainHashes, ulong[] validationHashes, Func<double> LossOfBatch, Func<double> TrainOnBatch, Action Restore)
    {
        var card = Checklist.Check(run, new ChecklistSubject
        {
            Shape = ([32, 10], [-1, 10]),
            BatchLoss = LossOfBatch, TrainOnBatch = TrainOnBatch, Restore = Restore,
            Inputs = batch,
            TrainHashes = trainHashes, ValidationHashes = () => validationHashes,
        });
        if (!card.HasNoFailure) return;
    }

    private static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
}
