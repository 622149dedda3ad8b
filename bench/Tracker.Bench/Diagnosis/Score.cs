using Tracker.Core.Diagnosis;

namespace Tracker.Bench.Diagnosis;

/// <summary>What was said of one run: for each condition the first step and the worst severity.</summary>
internal sealed class Verdicts
{
    private readonly Dictionary<string, (long Step, Severity Severity)> _first = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, (long Step, Severity Severity)> First => _first;

    public void Say(string condition, long step, Severity severity) =>
        _first[condition] = _first.TryGetValue(condition, out var had) ? (Math.Min(had.Step, step), had.Severity > severity ? had.Severity : severity) : (step, severity);
}

/// <summary>Counts over a set of labelled runs.</summary>
internal sealed class Score
{
    private readonly SortedDictionary<string, Found> _conditions = new(StringComparer.Ordinal);
    private int _true;
    private int _false;
    private long _healthySteps;
    private int _healthyFalse;

    public IReadOnlyDictionary<string, Found> Conditions => _conditions;

    /// <summary>Mean over the conditions of the share found in time.</summary>
    public double MacroRecall => _conditions.Values.Average(found => found.Recall);

    /// <summary>Share of the warnings that were true.</summary>
    public double Precision => _true + _false == 0 ? double.NaN : (double)_true / (_true + _false);

    /// <summary>False warnings in a thousand logged steps of healthy runs.</summary>
    public double FalsePerThousandHealthySteps => _healthySteps == 0 ? double.NaN : 1_000.0 * _healthyFalse / _healthySteps;

    /// <param name="label">What is true of the run.</param>
    /// <param name="verdicts">What was said of it.</param>
    /// <param name="steps">Lines that it logged.</param>
    /// <param name="note">Takes a line for each condition that was missed or late and each warning that was false.</param>
    public void Add(RunLabel label, Verdicts verdicts, int steps, Action<string>? note = null)
    {
        var fine = Vocabulary.TrueOf(label);
        foreach (var condition in label.Conditions)
        {
            if (!_conditions.TryGetValue(condition.Id, out var found)) _conditions.Add(condition.Id, found = new Found());
            var step = Vocabulary.Finding(condition.Id).Where(verdicts.First.ContainsKey).Select(id => verdicts.First[id].Step).DefaultIfEmpty(-1).Min();
            found.Add(condition, step);
            if (step < 0) note?.Invoke($"missed {condition.Id} (onset {condition.Onset}, by {condition.LatestInTime}); said {string.Join(", ", verdicts.First.Select(verdict => $"{verdict.Key}@{verdict.Value.Step}"))}");
            else if (step > condition.LatestInTime) note?.Invoke($"late {condition.Id} at {step} (onset {condition.Onset}, by {condition.LatestInTime})");
        }

        var wrong = 0;
        foreach (var (id, (step, severity)) in verdicts.First.Where(verdict => verdict.Value.Severity >= Severity.Warn && !fine.Contains(verdict.Key)))
        {
            wrong++;
            note?.Invoke($"false {id} ({severity}) at {step}{(label.Healthy ? " of a healthy run" : "")}");
        }

        _false += wrong;
        _true += verdicts.First.Count(verdict => verdict.Value.Severity >= Severity.Warn) - wrong;
        if (!label.Healthy) return;
        _healthySteps += steps;
        _healthyFalse += wrong;
    }

    /// <summary>How a condition was found over its runs.</summary>
    internal sealed class Found
    {
        private readonly List<double> _delays = [];
        private int _inTime;

        public int Runs { get; private set; }

        public double Recall => (double)_inTime / Runs;

        /// <summary>Median of the steps from the onset to the finding; not a number where none was found.</summary>
        public double Delay => new Sample(_delays).Median;

        public void Add(LabelledCondition condition, long step)
        {
            Runs++;
            if (step < 0) return;
            if (condition.LatestInTime is not { } latest || step <= latest) _inTime++;
            if (condition.Onset is { } onset) _delays.Add(Math.Max(0, step - onset));
        }
    }
}
