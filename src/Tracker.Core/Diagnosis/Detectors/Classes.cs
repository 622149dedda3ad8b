using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>class-collapse</c> and <c>class-regression</c>.</summary>
public sealed record ClassesOptions
{
    /// <summary>Accuracy of a class that is none, 0 to 1. Default 0.05; clears at three times that.</summary>
    public double Collapsed { get; init; } = 0.05;

    /// <summary>Mean accuracy of the other classes that shows that the whole does well, 0 to 1; a class's best counts from there on. Default 0.4.</summary>
    public double Others { get; init; } = 0.4;

    /// <summary>Evaluations in a row. Default 5.</summary>
    public int Evaluations { get; init; } = 5;

    /// <summary>Share of the run before which a class may still come; eight evaluations where its length is unknown. Default 0.3.</summary>
    public double FromProgress { get; init; } = 0.3;

    /// <summary>Fall of a class's accuracy from its best, 0 to 1, or four times its noise where that is more. Default 0.1; clears at half of it.</summary>
    public double Regressed { get; init; } = 0.1;

    /// <summary>Fall of the other classes' mean meanwhile that makes it a matter of all classes, 0 to 1. Default 0.05.</summary>
    public double Meanwhile { get; init; } = 0.05;

    /// <summary>Evaluations in a row of a class that got worse. Default 3.</summary>
    public int RegressedEvaluations { get; init; } = 3;
}

/// <summary>A class that is never right while the others are, or that was right and no longer is.</summary>
internal sealed class Classes(ClassesOptions options) : Detector
{
    public const string CollapseId = "class-collapse";
    public const string RegressionId = "class-regression";
    private const int Fewest = 8;

    // One entry a class in order of appearance, found by the number of its series.
    private readonly List<State> _classes = [];
    private readonly Dictionary<int, State> _byOrder = [];
    private double _sum;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (!_byOrder.TryGetValue(series.Order, out var state)) Add(state = new State { Order = series.Order });
        _sum += point.Value - state.Last;
        state.Last = point.Value;
        if (_classes.Count < 3) return;
        var others = (_sum - point.Value) / (_classes.Count - 1);
        LookForCollapse(run, series, state, point, others);
        LookForRegression(run, series, state, point, others);
    }

    public override void Sync(StateStream s)
    {
        var count = _classes.Count;
        s.Sync(ref count);
        for (var i = 0; i < count; i++)
        {
            if (s.IsLoading) _classes.Add(new State());
            _classes[i].Sync(s);
            if (s.IsLoading) _byOrder[_classes[i].Order] = _classes[i];
        }
        s.Sync(ref _sum);
    }

    private void Add(State state)
    {
        _classes.Add(state);
        _byOrder.Add(state.Order, state);
    }

    private void LookForCollapse(RunContext run, SeriesState series, State state, in Point point, double others)
    {
        var none = point.Value <= options.Collapsed;
        if (!none) state.Low = 0;
        else if (state.Low++ == 0) state.LowStep = point.Step;
        var time = run.Progress is { } progress ? progress >= options.FromProgress : series.Finite >= Fewest;
        var raise = state.Low >= options.Evaluations && time && others >= options.Others;
        switch (state.Collapse.Update(raise, point.Value > 3 * options.Collapsed, point.Step, 1, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = CollapseId,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = state.LowStep,
                    Title = $"Class {series.Role!.Scope} is never recognised",
                    Summary = $"{series.Name} is {Numbers.Text(point.Value)} in {state.Low} evaluations in a row since step {state.LowStep}, while the other classes are at {Numbers.Text(others)} on average: the class is missing from training, far too rare, or mislabelled.",
                    Evidence = [new Evidence(series.Name, state.LowStep, point.Step, "accuracy of the class", Numbers.Round6(point.Value), options.Collapsed)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(CollapseId, series.Name);
                break;
        }
    }

    private void LookForRegression(RunContext run, SeriesState series, State state, in Point point, double others)
    {
        var recent = series.Recent!;
        if (recent.Count < 3) return;
        var level = recent.Median(3);
        // Of a class that a model guesses for everything nothing is lost when it learns the others.
        if (level > state.Best && others >= options.Others) (state.Best, state.BestStep, state.OthersAtBest) = (level, point.Step, others);
        Span<double> last = stackalloc double[24];
        var needed = Math.Max(options.Regressed, 4 * Statistics.CurveNoise(recent.CopyLast(last)));
        var fell = state.Best - level;
        // What the others gained meanwhile was traded for it, where that is more than it lost.
        var traded = others - state.OthersAtBest > fell;
        var raise = fell >= needed && double.IsFinite(fell) && others >= state.OthersAtBest - options.Meanwhile && !traded && !state.Collapse.IsOpen;
        switch (state.Regression.Update(raise, fell < needed / 2, point.Step, options.RegressedEvaluations, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = RegressionId,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = state.BestStep,
                    Title = $"Class {series.Role!.Scope} gets worse since step {state.BestStep}",
                    Summary = $"{series.Name} fell from {Numbers.Text(state.Best)} at step {state.BestStep} to {Numbers.Text(level)}, while the other classes went from {Numbers.Text(state.OthersAtBest)} to {Numbers.Text(others)} on average.",
                    Evidence = [new Evidence(series.Name, state.BestStep, point.Step, "fall from the class's best accuracy", Numbers.Round6(fell), Numbers.Round6(needed))],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(RegressionId, series.Name);
                break;
        }
    }

    private sealed class State
    {
        public int Order;
        public double Last;
        public int Low;
        public long LowStep;
        public double Best = double.NegativeInfinity;
        public long BestStep;
        public double OthersAtBest;
        public Alarm Collapse;
        public Alarm Regression;

        public void Sync(StateStream s)
        {
            s.Sync(ref Order);
            s.Sync(ref Last);
            s.Sync(ref Low);
            s.Sync(ref LowStep);
            s.Sync(ref Best);
            s.Sync(ref BestStep);
            s.Sync(ref OthersAtBest);
            Collapse.Sync(s);
            Regression.Sync(s);
        }
    }
}
