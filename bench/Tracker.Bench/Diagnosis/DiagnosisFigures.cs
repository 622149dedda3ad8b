using System.Globalization;
using System.Text;
using Tracker.Core.Diagnosis;
using Tracker.Core.Runs;
using Tracker.Core.Series;

namespace Tracker.Bench.Diagnosis;

/// <summary>
/// The analyzer on labelled recordings: recall, precision, delay and false alarms, beside the rules that other tools ship on the same
/// recordings, and with evidence taken away.
/// </summary>
internal static class DiagnosisFigures
{
    private const string Begin = "<!-- measured: written by bench -- diagnosis -->";
    private const string End = "<!-- end of what was measured -->";

    /// <param name="folder">Folder of <c>labels.json</c>.</param>
    /// <param name="page">Page whose measured part is written anew; null writes none.</param>
    /// <param name="details">What was missed, found late or wrongly said, run by run, goes to this file; null writes none.</param>
    public static void Measure(string folder, string? page, string? details)
    {
        using var notes = details is null ? TextWriter.Null : new StreamWriter(details);
        var set = LabelledRuns.Read(folder);
        var analyzer = new Score();
        var rules = Array.ConvertAll(NaiveRules.All, _ => new Score());
        var controls = Array.ConvertAll(Controls.All, _ => new Score());
        var habits = Array.ConvertAll(Habits.All, _ => (Score: new Score(), Causes: new CauseScore()));
        var causes = new CauseScore();
        foreach (var (run, label) in set.Runs)
        {
            var (config, steps) = set.Open(label);
            analyzer.Add(label, Diagnose(run, config, steps, diagnoses => causes.Add(label, diagnoses, line => notes.WriteLine($"as logged\t{run}\t{line}"))), steps.Count, line => notes.WriteLine($"as logged\t{run}\t{line}"));
            for (var i = 0; i < habits.Length; i++)
            {
                var (name, change) = Habits.All[i];
                var changed = change(config, steps);
                habits[i].Score.Add(label, Diagnose(run, changed.Config, changed.Steps, diagnoses => habits[i].Causes.Add(label, diagnoses, line => notes.WriteLine($"{name}\t{run}\t{line}"))), steps.Count, line => notes.WriteLine($"{name}\t{run}\t{line}"));
            }

            for (var i = 0; i < rules.Length; i++)
            {
                var verdicts = new Verdicts();
                NaiveRules.All[i].Judge(steps, verdicts);
                rules[i].Add(label, verdicts, steps.Count);
            }

            for (var i = 0; i < controls.Length; i++) controls[i].Add(label, Diagnose(run, config, Controls.All[i].Change(steps)), steps.Count);
        }

        Report("diagnosis", analyzer);
        Bench.Report(new Figure("diagnosis-top-cause", causes.Top1, "of the runs with known causes", Target: "≥ 0.75", Pass: causes.Top1 >= 0.75));
        Bench.Report(new Figure("diagnosis-top-three-causes", causes.Top3, "of the runs with known causes", Target: "≥ 0.92", Pass: causes.Top3 >= 0.92));
        Bench.Report(Figure.AtMost("diagnosis-per-incident", causes.PerIncident, "diagnoses", 1.3));
        for (var i = 0; i < rules.Length; i++) Bench.Report(new Figure($"diagnosis-rule-{i + 1}-false-alarms", rules[i].FalsePerThousandHealthySteps, "in 1,000 healthy steps"));
        for (var i = 0; i < habits.Length; i++) Bench.Note($"{Habits.All[i].Name}: {Row(habits[i].Score, habits[i].Causes)}");
        if (page is not null) Write(page, Tables(set, analyzer, causes, rules, controls, habits));
    }

    private static void Report(string name, Score score)
    {
        Bench.Report(Figure.AtLeast($"{name}-recall", score.MacroRecall, "mean over conditions", 0.9));
        Bench.Report(Figure.AtLeast($"{name}-precision", score.Precision, "of the warnings", 0.9));
        Bench.Report(Figure.AtMost($"{name}-false-alarms", score.FalsePerThousandHealthySteps, "in 1,000 healthy steps", 0.02));
    }

    private static Verdicts Diagnose(string run, string config, IReadOnlyList<RecordedStep> steps, Action<IReadOnlyList<RunDiagnosis>>? then = null)
    {
        var analyzer = new RunAnalyzer(run);
        var verdicts = new Verdicts();
        var sequence = 1L;
        Fold(0, new LogBatch { Events = [new RunEvent { Kind = "config", Data = config }] });
        foreach (var step in steps) Fold(1, step.Batch);
        Fold(0, new LogBatch { Events = [new RunEvent { Kind = "finish" }] });
        then?.Invoke(analyzer.Diagnoses);
        return verdicts;

        // What was said when, and not what stands at the end: a signal that clears and comes back was there before.
        void Fold(int writer, LogBatch batch)
        {
            foreach (var signal in analyzer.Fold(new StoredBatch(sequence++, writer, batch)).Where(told => told.Kind != DiagnosisEventKind.Resolved).SelectMany(told => told.Diagnosis.Signals))
            {
                verdicts.Say(signal.Id, signal.Step, signal.Severity);
            }
        }
    }

    private static string Tables(LabelledRuns set, Score analyzer, CauseScore causes, Score[] rules, Score[] controls, (Score Score, CauseScore Causes)[] habits)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{set.Runs.Count} recorded trainings, {set.Runs.Values.Count(run => run.Healthy)} of them healthy. In time: found at or before the step that the label allows.").AppendLine();
        text.AppendLine("| | found in time, mean over conditions | warnings that were true | false warnings in 1,000 healthy steps |").AppendLine("| --- | --- | --- | --- |");
        AddRow("**Tracker**", analyzer);
        for (var i = 0; i < rules.Length; i++) AddRow(NaiveRules.All[i].Name, rules[i]);
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Top cause right in {causes.Top1:P0} of the runs whose cause is known, among the first three in {causes.Top3:P0}; {causes.PerIncident:0.00} diagnoses an incident.").AppendLine();
        text.AppendLine("| condition | runs | found in time | median delay, steps |").AppendLine("| --- | --- | --- | --- |");
        foreach (var (id, found) in analyzer.Conditions) text.AppendLine(CultureInfo.InvariantCulture, $"| {id} | {found.Runs} | {found.Recall:0.00} | {(double.IsNaN(found.Delay) ? "–" : found.Delay.ToString("0", CultureInfo.InvariantCulture))} |");
        text.AppendLine().AppendLine("The same recordings as others would have logged them:").AppendLine();
        text.AppendLine("| recordings | found in time | warnings that were true | false warnings in 1,000 healthy steps | top cause right | among the first three | diagnoses an incident |").AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        for (var i = 0; i < habits.Length; i++) text.AppendLine(CultureInfo.InvariantCulture, $"| {Habits.All[i].Name} | {Row(habits[i].Score, habits[i].Causes)} |");
        text.AppendLine().AppendLine("With evidence taken away:").AppendLine();
        text.AppendLine("| recordings | found in time | warnings that were true | false warnings in 1,000 healthy steps |").AppendLine("| --- | --- | --- | --- |");
        for (var i = 0; i < controls.Length; i++) AddRow(Controls.All[i].Name, controls[i]);
        return text.ToString();

        void AddRow(string name, Score score) => text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {Row(score)} |");
    }

    private static string Row(Score score, CauseScore? causes = null) => string.Create(CultureInfo.InvariantCulture,
        $"{score.MacroRecall:0.00} | {(double.IsNaN(score.Precision) ? "–" : score.Precision.ToString("0.00", CultureInfo.InvariantCulture))} | {score.FalsePerThousandHealthySteps:0.00}")
        + (causes is null ? "" : string.Create(CultureInfo.InvariantCulture, $" | {causes.Top1:0.00} | {causes.Top3:0.00} | {causes.PerIncident:0.00}"));

    private static void Write(string page, string tables)
    {
        var text = File.ReadAllText(page);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin) throw new InvalidOperationException($"{page} has no place between \"{Begin}\" and \"{End}\".");
        File.WriteAllText(page, $"{text[..(begin + Begin.Length)]}\n{tables.ReplaceLineEndings("\n")}{text[end..]}");
    }

    /// <summary>Whether the causes named were right, and how many diagnoses a sick run got.</summary>
    private sealed class CauseScore
    {
        private int _known;
        private int _first;
        private int _firstThree;
        private int _incidents;
        private int _diagnoses;

        public double Top1 => (double)_first / _known;

        public double Top3 => (double)_firstThree / _known;

        public double PerIncident => (double)_diagnoses / _incidents;

        public void Add(RunLabel label, IReadOnlyList<RunDiagnosis> diagnoses, Action<string>? note = null)
        {
            var warned = diagnoses.Count(diagnosis => diagnosis.Severity >= Severity.Warn);
            if (!label.Healthy && warned > 0)
            {
                if (warned > 1) note?.Invoke($"{warned} diagnoses: {string.Join("; ", diagnoses.Where(diagnosis => diagnosis.Severity >= Severity.Warn).Select(diagnosis => $"{diagnosis.Cause} ({string.Join(", ", diagnosis.Signals.Select(signal => signal.Id))})"))}");
                _incidents++;
                _diagnoses += warned;
            }

            if (label.Causes.Count == 0) return;
            _known++;
            if (diagnoses.Count == 0) return;
            var worst = diagnoses.Max(diagnosis => diagnosis.Severity);
            var said = diagnoses.Last(diagnosis => diagnosis.Severity == worst);
            var causes = said.Causes.Count > 0 ? said.Causes.Select(cause => cause.Id).ToList() : [said.Cause];
            if (label.Causes.Contains(causes[0])) _first++;
            else note?.Invoke($"cause {string.Join(", ", causes.Take(3))} instead of {string.Join(" or ", label.Causes)}");
            if (causes.Take(3).Any(label.Causes.Contains)) _firstThree++;
        }
    }
}
