using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class OutlierBatchTests
{
    /// <summary>A batch of ten comes again every ten steps; the loss jumps at the given steps.</summary>
    private static Script Run(params long[] spikes)
    {
        var values = string.Join(' ', Enumerable.Range(0, 140).Select(i => spikes.Contains(i) ? "9" : "2~0.02"));
        var script = new Script().Series("train/loss", values.Replace("2~0.02", "2~0.02x1", StringComparison.Ordinal));
        for (var step = 0; step < 140; step++) script.Event(step, "batch", $$"""{"ids":["b{{step % 10}}"]}""");
        return script;
    }

    [Fact]
    public void A_batch_that_spikes_each_time_it_comes_is_named()
    {
        var outcome = Run(87, 97, 107).Run();
        var signal = outcome.Signal("outlier-batch");
        (signal.Severity, signal.OnsetStep).ShouldBe((Severity.Warn, 87));
        signal.Summary.ShouldContain("b7: 2 spikes in 2 appearances");
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "outlier-batch")).Cause.ShouldBe("bad-batches");
    }

    [Fact]
    public void A_single_spike_is_a_note_that_names_its_batch()
    {
        var signal = Run(87).Run().Signal("outlier-batch");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Title.ShouldBe("The spike at step 87 came with batch b7");
    }

    [Fact]
    public void Spikes_of_different_batches_accuse_none() => Run(83, 97, 105).Run().Signals.Where(s => s.Id == "outlier-batch").ShouldAllBe(s => s.Severity == Severity.Info);

    [Fact]
    public void Ids_that_come_after_the_loss_of_their_step_count_too()
    {
        var analyzer = new RunAnalyzer("r");
        foreach (var batch in Run(87, 97).Batches())
        {
            var late = new Core.Series.LogBatch { Events = [.. batch.Batch.Events.Where(e => e.Kind == "batch")] };
            batch.Batch.Events.RemoveAll(e => e.Kind == "batch");
            analyzer.Fold(new Core.Series.StoredBatch(2 * batch.Sequence, batch.Writer, batch.Batch));
            analyzer.Fold(new Core.Series.StoredBatch(2 * batch.Sequence + 1, batch.Writer, late));
        }
        analyzer.Diagnoses.SelectMany(d => d.Signals).First(s => s.Id == "outlier-batch").Severity.ShouldBe(Severity.Warn);
    }

    [Fact]
    public void Without_ids_it_is_blind() => new Script().Series("train/loss", "2~0.02x87 9 2~0.02x40").Run().Raised.ShouldNotContain("outlier-batch");

    [Fact]
    public void Noise_is_no_spike() => Run().Run().Raised.ShouldBeEmpty();
}
