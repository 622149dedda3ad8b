using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Tracker.Client.Probes;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests.Probes;

/// <summary>What probes log, the real server's analyzer turns into verdicts.</summary>
public sealed class ProbeVerdictTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Findings_of_probes_become_signals_of_the_run()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await TrackerRun.StartAsync(
            new TrackerRunOptions { Url = server.Address, Project = "probes", Mode = TrackerMode.Online, Collect = TrackerCollect.None, FlushInterval = TimeSpan.FromMilliseconds(20), Report = _ => { } }, Cancel);
        for (var step = 0; step < 60; step++) run.LogHealth(step, 2.3 - (0.01 * step), 1, 0.1, [0.5, 0.6]);
        SanityChecks.OverfitOneBatch(run, () => 2.3, null, steps: 100, samples: 32);
        SanityChecks.FirstStep(run, new Queue<double>([1, 2]).Dequeue, () => { });
        SanityChecks.GradientsReachAll(run, 60, [new("fc1.weight", null), new("fc2.weight", new[] { 1f })]);
        SanityChecks.OutputShape(run, [32, 9], [-1, 10]);
        new BatchValidation(run).Check(60, [float.NaN, 1], [1], "batch-17");
        new NanHunt(run).Forward(60, "attention", [1], [float.NaN]);
        new NanHunt(run).Operation(60, "log", "loss", [0], [float.NegativeInfinity]);
        new NanHunt(run).SearchTensors(60, [new("fc1.weight", new[] { float.NaN })]);
        float[] w = [1, 1];
        Curvature.Sharpness(run, 60, [w], () => 1 + (1_000 * Math.Pow(w[0] - 1, 2)));
        Curvature.TopEigenvalue(run, 60, 1, (v, into) => into.Span[0] = 50 * v.Span[0], learningRate: 0.1);
        for (var step = 60; step < 63; step++)
        {
            run.LogRankHash(step, 0, 1, 2);
            run.LogRankHash(step, 1, 1, 3);
        }

        Checklist.Check(run, new ChecklistSubject { TrainHashes = [1, 2], ValidationHashes = () => [2, 3] }, TextWriter.Null);
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();

        string[] expected =
        [
            "overfit-one-batch", "first-step-decrease", "grads-reach-all-params", "output-shape", "nan-input", "nan-first-module", "numeric-op", "params-nonfinite", "sharpness",
            "hessian-top-eig", "ddp-divergence", "split-leak",
        ];
        // Missing ones stand in the message of a failure.
        await TrackerApi.UntilAsync(
            async () => string.Join(", ", expected.Except((await server.Client.GetFromJsonAsync<JsonNode>($"api/v1/runs/{run.Id}/diagnoses", Cancel))!["items"]!.AsArray()
                .SelectMany(diagnosis => diagnosis!["signals"]!.AsArray()).Select(signal => (string)signal!["id"]!))),
            missing => missing.Length == 0, "every probe has its signal");
        (await server.Client.GetFromJsonAsync<JsonNode>($"api/v1/runs/{run.Id}/events?kind=probe", Cancel))!.ToJsonString().ShouldContain("\"name\":\"checklist\"");
    }
}
