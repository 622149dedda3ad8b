using System.Globalization;
using System.Text.Json;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>Thresholds that change in the middle of a run, by an event of its journal.</summary>
public sealed class OptionsTests
{
    /// <summary>Clipped in six steps of ten; from step 300 on a warning asks for a share of its own.</summary>
    private static List<StoredBatch> Run(double often) => new Script()
        .Config("""{"max_grad_norm":1,"total_steps":1000}""")
        .Series("grad_norm/total", string.Join(' ', Enumerable.Repeat("0.5x4 2x6", 100)))
        .Event(120, "options", often.ToString(CultureInfo.InvariantCulture))
        .Batches();

    private static AnalyzerOptions? OptionsOf(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var often) ? new AnalyzerOptions { Clipping = new ClippingOptions { Often = often } } : null;

    private static List<DiagnosisEvent> Fold(RunAnalyzer analyzer, IEnumerable<StoredBatch> batches) => [.. batches.SelectMany(analyzer.Fold)];

    private static bool Clipped(RunAnalyzer analyzer) => analyzer.Diagnoses.SelectMany(d => d.Signals).Any(s => s.Id == "clip-over-50");

    private static RunAnalyzer Folded(double often, AnalyzerOptions? options = null)
    {
        var analyzer = new RunAnalyzer("r", options, OptionsOf);
        Fold(analyzer, Run(often));
        return analyzer;
    }

    [Fact]
    public void They_hold_from_the_event_on()
    {
        Clipped(Folded(0.5)).ShouldBeTrue();
        Clipped(Folded(0.9)).ShouldBeFalse();
    }

    [Fact]
    public void Given_thresholds_stand_whatever_the_run_says() => Clipped(Folded(0.9, new AnalyzerOptions())).ShouldBeTrue();

    [Fact]
    public void What_cannot_be_read_changes_nothing() => Clipped(Folded(double.NaN)).ShouldBe(Clipped(Folded(double.NaN, null)));

    [Fact]
    public void Saved_and_loaded_at_any_point_it_says_the_same()
    {
        var run = Run(0.55);
        var whole = JsonSerializer.Serialize(Fold(new RunAnalyzer("r", null, OptionsOf), run));
        foreach (var cut in new[] { 0, 60, 121, 200, 600, run.Count })
        {
            var first = new RunAnalyzer("r", null, OptionsOf);
            var events = Fold(first, run.Take(cut));
            var second = RunAnalyzer.Load("r", first.Save(), null, OptionsOf).ShouldNotBeNull();
            JsonSerializer.Serialize((List<DiagnosisEvent>)[.. events, .. Fold(second, run.Skip(cut))]).ShouldBe(whole);
        }
    }

    [Fact]
    public void What_a_detector_has_seen_it_keeps()
    {
        // Nothing but the text differs: the same values must give the same, with no window begun anew.
        var with = new RunAnalyzer("r", null, _ => new AnalyzerOptions());
        var without = new RunAnalyzer("r");
        JsonSerializer.Serialize(Fold(with, Run(0.5))).ShouldBe(JsonSerializer.Serialize(Fold(without, Run(0.5))));
    }
}
