using System.Globalization;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Engine;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

/// <summary>What a detector can ask to see, in which order it comes, and that a saved analyzer goes on the same.</summary>
public sealed class HooksTests
{
    private static readonly Script Run = new Script()
        .Series("train/loss", "1x120")
        .Series("val/loss", "2x4", every: 40)
        .Histograms("activations/fc1", "1~2x3", every: 50)
        .Probe(50, "overfit-one-batch", """{"loss":0.5,"passed":true,"batches":["a","b"]}""")
        .Event(50, "note", "{}")
        .End();

    [Fact]
    public void Within_a_step_events_come_first_then_points_then_histograms()
    {
        var (_, seen) = Fold(Run.Batches());
        seen.Where(s => s.StartsWith("50 ", StringComparison.Ordinal)).ShouldBe(["50 probe overfit-one-batch 0.5 a,b", "50 train/loss 1 at 50000", "50 activations/fc1 2"]);
    }

    [Fact]
    public void Reviews_come_every_fifty_points_of_the_loss_and_the_end_with_the_finish_event()
    {
        var (_, seen) = Fold(Run.Batches());
        seen.Where(s => s.EndsWith("review", StringComparison.Ordinal)).ShouldBe(["49 review", "99 review"]);
        seen[^1].ShouldBe("120 end");
    }

    [Fact]
    public void A_run_logged_once_an_epoch_is_reviewed_more_often() =>
        Fold(new Script().Config("""{"total_steps":4000}""").Series("train/loss", "1x40", every: 100).Batches()).Seen
            .Count(s => s.EndsWith("review", StringComparison.Ordinal)).ShouldBe(6);

    [Fact]
    public void Batches_of_many_steps_give_the_same_order()
    {
        var whole = Run.Batches();
        var merged = new LogBatch();
        foreach (var column in whole.SelectMany(b => b.Batch.Scalars).GroupBy(c => c.Name, StringComparer.Ordinal))
        {
            merged.Scalars.Add(new ScalarColumn(column.Key, [.. column.SelectMany(c => c.Steps)], [.. column.SelectMany(c => c.Times)], [.. column.SelectMany(c => c.Values)]));
        }
        merged.Histograms.AddRange(whole.SelectMany(b => b.Batch.Histograms).Reverse());
        merged.Events.AddRange(whole.Skip(1).SelectMany(b => b.Batch.Events).Where(e => e.Kind != "finish"));
        Fold([whole[0], new StoredBatch(2, 1, merged), whole[^1]]).Seen.ShouldBe(Fold(whole).Seen);
    }

    [Fact]
    public void A_loaded_analyzer_reviews_when_the_saved_one_would_have()
    {
        var batches = Run.Batches();
        var (first, before) = Fold(batches.Take(75));
        var recorder = new Recorder();
        var second = RunAnalyzer.Load("r", first.Save(), null, Entries(recorder)).ShouldNotBeNull();
        foreach (var batch in batches.Skip(75)) second.Fold(batch);
        ((string[])[.. before, .. recorder.Seen]).ShouldBe(Fold(batches).Seen);
    }

    private static (RunAnalyzer Analyzer, List<string> Seen) Fold(IEnumerable<StoredBatch> batches)
    {
        var recorder = new Recorder();
        var analyzer = new RunAnalyzer("r", null, Entries(recorder));
        foreach (var batch in batches) analyzer.Fold(batch);
        return (analyzer, recorder.Seen);
    }

    private static DetectorEntry[] Entries(Recorder recorder) =>
        [new(nameof(Recorder), [], [RoleKind.TrainLoss, RoleKind.ActivationHistogram], true, _ => recorder) { Events = ["probe"], Reviews = true }];

    private sealed class Recorder : Detector
    {
        public List<string> Seen { get; } = [];

        public override void Look(RunContext run, SeriesState series, in Point point) => Add(run, $"{series.Name} {point.Value} at {point.Time}");

        public override void Look(RunContext run, SeriesState series, HistogramShape histogram) => Add(run, $"{series.Name} {histogram.Deviation:0.#}");

        public override void Notice(RunContext run, Happening happening) =>
            Seen.Add(string.Create(CultureInfo.InvariantCulture, $"{happening.Step} {happening.Kind} {happening.Name} {happening.Number("loss")} {string.Join(',', happening.Texts("batches"))}"));

        public override void Review(RunContext run) => Add(run, $"review");

        public override void End(RunContext run) => Add(run, $"end");

        private void Add(RunContext run, FormattableString text) => Seen.Add(run.Step + " " + FormattableString.Invariant(text));
    }
}
