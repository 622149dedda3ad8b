using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class RunAnalyzerTests
{
    // A run that raises, updates and resolves, over several series that come at different strides.
    private static readonly List<StoredBatch> Eventful = new Script()
        .Config("""{"max_grad_norm":0.5,"num_classes":10,"total_steps":700}""")
        .Series("train/loss", "2.3>0.4~0.03x250 3~0.2x150 NaN 1~0.1x60 0.4~0.02x100 NaNx5")
        .Series("lr", "0+0.001x50 0.05x250 0.5x100 0.00001x160")
        .Series("grad_norm/total", "1~0.1x300 0.2~0.01x250")
        .Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.03x20", every: 20)
        .Series("dead_fraction/fc1", "0.1x10 0.8x15", every: 20)
        .Series("grad_norm/a", "1e-7x25", every: 20).Series("grad_norm/b", "1x25", every: 20).Series("grad_norm/c", "1x25", every: 20)
        .Event(320, "resume")
        .Batches();

    private static string Text(IEnumerable<DiagnosisEvent> events) => JsonSerializer.Serialize(events.ToList());

    private static List<DiagnosisEvent> Fold(RunAnalyzer analyzer, IEnumerable<StoredBatch> batches) => [.. batches.SelectMany(analyzer.Fold)];

    [Fact]
    public void Saved_and_loaded_at_any_point_it_says_the_same()
    {
        var whole = Text(Fold(new RunAnalyzer("r"), Eventful));
        Fold(new RunAnalyzer("r"), Eventful).Count.ShouldBeGreaterThan(8);
        Prop.ForAll(Gen.Choose(0, Eventful.Count).ToArbitrary(), cut =>
        {
            var first = new RunAnalyzer("r");
            var events = Fold(first, Eventful.Take(cut));
            var second = RunAnalyzer.Load("r", first.Save()).ShouldNotBeNull();
            Text([.. events, .. Fold(second, Eventful.Skip(cut))]).ShouldBe(whole);
            JsonSerializer.Serialize(second.Diagnoses).ShouldBe(JsonSerializer.Serialize(Diagnoses()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

        static IReadOnlyList<RunDiagnosis> Diagnoses()
        {
            var all = new RunAnalyzer("r");
            Fold(all, Eventful);
            return all.Diagnoses;
        }
    }

    [Fact]
    public void Saving_what_was_loaded_gives_the_same_bytes()
    {
        var analyzer = new RunAnalyzer("r");
        Fold(analyzer, Eventful);
        var saved = analyzer.Save();
        RunAnalyzer.Load("r", saved)!.Save().ShouldBe(saved);
    }

    [Fact]
    public void How_the_steps_were_batched_does_not_matter()
    {
        var whole = Text(Fold(new RunAnalyzer("r"), Eventful));
        Prop.ForAll(Gen.ListOf(Gen.Choose(1, 90)).ToArbitrary(), sizes =>
            Text(Fold(new RunAnalyzer("r"), Regroup(Eventful, [.. sizes]))).ShouldBe(whole)).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    [Fact]
    public void A_state_of_another_version_or_a_damaged_one_asks_for_a_new_start()
    {
        var analyzer = new RunAnalyzer("r");
        Fold(analyzer, Eventful.Take(300));
        var saved = analyzer.Save();
        RunAnalyzer.Load("r", saved.AsSpan(0, saved.Length / 2)).ShouldBeNull();
        RunAnalyzer.Load("r", []).ShouldBeNull();
        saved[0]++;
        RunAnalyzer.Load("r", saved).ShouldBeNull();
    }

    [Fact]
    public void A_point_at_or_before_its_series_last_step_is_late_and_not_folded()
    {
        var analyzer = new RunAnalyzer("r");
        var steps = Enumerable.Range(0, 30).ToList();
        Fold(analyzer, steps.Select(i => Point(i + 1, 1, "train/loss", i, 2.3 - 0.01 * i)));
        Fold(analyzer, [Point(31, 2, "train/loss", 10, double.NaN), Point(32, 1, "train/loss", 29, double.NaN)]).ShouldBeEmpty();
        analyzer.LatePoints.ShouldBe(2);
    }

    [Fact]
    public void The_same_writer_going_back_rewinds_its_series()
    {
        var analyzer = new RunAnalyzer("r");
        Fold(analyzer, Enumerable.Range(0, 30).Select(i => Point(i + 1, 1, "train/loss", i, 2.3)));
        Fold(analyzer, [Point(31, 1, "train/loss", 10, double.NaN)]).ShouldHaveSingleItem().Diagnosis.OnsetStep.ShouldBe(10);
        analyzer.LatePoints.ShouldBe(0);
    }

    [Fact]
    public void After_a_resume_another_writer_may_go_back()
    {
        var analyzer = new RunAnalyzer("r");
        Fold(analyzer, Enumerable.Range(0, 30).Select(i => Point(i + 1, 1, "train/loss", i, 2.3)));
        analyzer.Fold(new StoredBatch(31, 2, new LogBatch { Events = [new RunEvent { Kind = "resume" }] }));
        Fold(analyzer, [Point(32, 2, "train/loss", 20, double.NaN)]).ShouldHaveSingleItem().Diagnosis.OnsetStep.ShouldBe(20);
    }

    [Fact]
    public void The_id_of_a_diagnosis_is_its_runs_own_and_stays_the_same()
    {
        var events = Fold(new RunAnalyzer("r"), Eventful);
        var again = Fold(new RunAnalyzer("r"), Eventful);
        var other = Fold(new RunAnalyzer("other"), Eventful);
        again.Select(e => e.Diagnosis.Id).ShouldBe(events.Select(e => e.Diagnosis.Id));
        other.Select(e => e.Diagnosis.Id).Intersect(events.Select(e => e.Diagnosis.Id)).ShouldBeEmpty();
        events.ShouldAllBe(e => e.Diagnosis.Id.Length == 16);
    }

    [Fact]
    public void Ranks_above_zero_are_not_judged() => new Script().Series("rank1/train/loss", "2.3x20 NaNx20").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Other_events_and_unknown_series_change_nothing() =>
        new Script().Series("anything/at/all", "1~0.1x50 1000x50 NaNx3").Event(5, "note", """{"max_grad_norm":1}""").Event(6, "console").Run().Events.ShouldBeEmpty();

    private static StoredBatch Point(long sequence, int writer, string name, long step, double value) =>
        new(sequence, writer, new LogBatch { Scalars = [new ScalarColumn(name, [step], [0], [value])] });

    /// <summary>The same points in the same canonical order, several steps to a batch.</summary>
    private static List<StoredBatch> Regroup(List<StoredBatch> batches, int[] sizes)
    {
        var result = new List<StoredBatch> { batches[0] };
        for (int at = 1, i = 0; at < batches.Count; i++)
        {
            var size = sizes.Length == 0 ? 1 : sizes[i % sizes.Length];
            var group = batches.Skip(at).Take(size).Select(b => b.Batch).ToList();
            var merged = new LogBatch();
            foreach (var column in group.SelectMany(b => b.Scalars).GroupBy(c => c.Name, StringComparer.Ordinal))
            {
                merged.Scalars.Add(new ScalarColumn(column.Key, [.. column.SelectMany(c => c.Steps)], [.. column.SelectMany(c => c.Times)], [.. column.SelectMany(c => c.Values)]));
            }
            merged.Events.AddRange(group.SelectMany(b => b.Events));
            result.Add(new StoredBatch(result.Count + 1, 1, merged));
            at += size;
        }
        return result;
    }
}
