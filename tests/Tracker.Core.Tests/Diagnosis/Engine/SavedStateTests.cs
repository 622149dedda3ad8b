using System.Text.Json;
using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

/// <summary>A run that probes, ranks, the machine and a reference say much of: saved and loaded anywhere, it goes on the same.</summary>
public sealed class SavedStateTests
{
    private static Script Run()
    {
        var script = new Script().Config("""{"lr":0.1,"precision":"fp16","tracker.roles":{"odd/name":"step_time"}}""")
            .Series("train/loss", "2~0.02x87 9 2~0.02x9 9 2~0.02x400 NaNx3 2~0.02x200")
            .Series("rank1/train/loss", "2-0.001x90").Series("param_norm/total", "10+0.001x100").Series("rank1/param_norm/total", "10+0.003x100")
            .Series("amp/scale", "65536x150 32768 16384 8192 4096 2048 1024x540")
            .Series("input/mean", "33~1x20").Series("input/std", "78~1x20")
            .Series("sys/gpu_util", "12~2x690").Series("sys/gpu_mem", "4000+2~5x690")
            .Series("odd/name", "0.2~0.01x450 0.4~0.01x200")
            .Series("val/loss", "2 1.9 1.8 1.7 1.6 1.5 1.5", every: 100)
            .Histograms("activations/fc1", "0~1x7", every: 100)
            .Event(0, "reference", """{"run":"ref","series":"val/loss","steps":[0,1000],"low":[0.1,0.1],"high":[0.3,0.2]}""")
            .Probe(3, "overfit-one-batch", """{"start":2.3,"end":2.2,"steps":300}""").Probe(60, "overfit-one-batch", """{"start":2.3,"end":0.001,"steps":300}""")
            .Probe(5, "rank-hash", """{"rank":0,"data":"a","params":"p"}""").Probe(5, "rank-hash", """{"rank":1,"data":"a","params":"q"}""")
            .Probe(200, "mode", """{"during":"eval","training":true,"grad_enabled":true}""")
            .Pause(300, 2000).Event(400, "finish").Event(401, "resume").End();
        for (var step = 0; step < 200; step++) script.Event(step, "batch", $$"""{"ids":["b{{step % 10}}"]}""");
        return script;
    }

    [Fact]
    public void A_long_run_keeps_no_more_than_12_KB_a_series()
    {
        var script = new Script().Config("""{"num_classes":10,"total_steps":3000}""")
            .Series("train/loss", "2.3>0.3~0.05x3000").Series("val/loss", "2.3>0.4~0.05x3000").Series("val/accuracy", "0.1+0.0002~0.01x3000").Series("lr", "0.1>0.001x3000")
            .Series("grad_norm/total", "1~0.2x3000").Series("param_norm/total", "10+0.001x3000");
        for (var layer = 0; layer < 10; layer++) script.Series($"grad_norm/fc{layer}", "1~0.2x3000").Series($"dead_fraction/fc{layer}", "0.1~0.01x3000");
        var analyzer = new RunAnalyzer("r");
        foreach (var batch in script.Batches()) analyzer.Fold(batch);
        (analyzer.Save().Length / 26).ShouldBeLessThanOrEqualTo(12 * 1024);
    }

    [Fact]
    public void Cut_anywhere_it_says_the_same()
    {
        var batches = Run().Batches();
        var all = new RunAnalyzer("r");
        var whole = JsonSerializer.Serialize(batches.SelectMany(all.Fold).ToList());
        all.Diagnoses.SelectMany(d => d.Signals).Select(s => s.Id).Distinct().Count().ShouldBeGreaterThan(12);
        for (var cut = 1; cut < batches.Count; cut += 23)
        {
            var first = new RunAnalyzer("r");
            var events = batches.Take(cut).SelectMany(first.Fold).ToList();
            var saved = first.Save();
            var second = RunAnalyzer.Load("r", saved).ShouldNotBeNull();
            second.Save().ShouldBe(saved);
            JsonSerializer.Serialize(events.Concat(batches.Skip(cut).SelectMany(second.Fold)).ToList()).ShouldBe(whole, $"cut at {cut}");
        }
    }
}
