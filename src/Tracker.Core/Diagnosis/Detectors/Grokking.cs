using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grokking-candidate</c> and <c>grokking</c>.</summary>
public sealed record GrokkingOptions
{
    /// <summary>Training accuracy that counts as solved, 0 to 1. Default 0.99.</summary>
    public double Solved { get; init; } = 0.99;

    /// <summary>Training loss that counts as solved, as a part of where it began, or of that of guessing where this is less. Default 0.01.</summary>
    public double SolvedLoss { get; init; } = 0.01;

    /// <summary>Evaluations in a row that training is solved and validation is not; 15 % of those expected, at least 3, where that is less. Default 5.</summary>
    public int Evaluations { get; init; } = 5;

    /// <summary>Validation accuracy above chance, as a part of what lies between chance and 1, that still counts as nothing. Default 0.2.</summary>
    public double Nothing { get; init; } = 0.2;

    /// <summary>The same part that confirms grokking. Default 0.5.</summary>
    public double Confirmed { get; init; } = 0.5;

    /// <summary>So many times the steps that training needed must have passed. Default 3.</summary>
    public double Times { get; init; } = 3;
}

/// <summary>Notes: training is solved and validation at chance, which may be the long wait before grokking; and grokking itself.</summary>
internal sealed class Grokking(GrokkingOptions options) : EvaluationDetector
{
    public const string CandidateId = "grokking-candidate";
    public const string Id = "grokking";

    private int _held;
    private int _longest;
    private long _solvedStep = -1;
    private bool _candidate;
    private bool _confirmed;
    private double _from;

    /// <summary>Training is nearly solved, validation at chance, and something shrinks the weights: what rises now may fall later.</summary>
    public static bool MayYetGrok(RunContext run)
    {
        if (run.First(RoleKind.ValAccuracy) is not { Finite: > 0 } || Skill(run) is not < 0.2) return false;
        var training = Evaluations.LevelAt(run.First(RoleKind.TrainAccuracy), long.MaxValue);
        return training >= 0.9 && (run.Hints.WeightDecay > 0 || run.First(RoleKind.ParamNorm) is { Finite: >= 10 } norm && norm.LastFinite < 0.95 * norm.Max);
    }

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var solved = Evaluations.LevelAt(run.First(RoleKind.TrainAccuracy), step) >= options.Solved
            || (pairs.TrainingLevel >= 0 && pairs.TrainingLevel <= options.SolvedLoss * Math.Min(pairs.FirstTraining, run.ChanceLoss ?? double.PositiveInfinity));
        if (solved && _solvedStep < 0) _solvedStep = step;
        var skill = Skill(run);
        var nothing = skill is { } known ? known <= options.Nothing : pairs.Level >= 0.9 * pairs.Start;
        _held = solved && nothing ? _held + 1 : 0;
        _longest = Math.Max(_longest, _held);
        if (_held == 1) _from = Now(run, pairs, skill);
        if (!_candidate && _held >= InARow(run, series, options.Evaluations, 3)) Wait(run, series, pairs, step, skill);
        // A run with few evaluations may leave chance before it could be named a candidate.
        if (!_confirmed && _longest >= 2 && !nothing && (skill ?? 1 - pairs.Level / pairs.Start) >= options.Confirmed) Leave(run, series, pairs, step);
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _held);
        s.Sync(ref _longest);
        s.Sync(ref _solvedStep);
        s.Sync(ref _candidate);
        s.Sync(ref _confirmed);
        s.Sync(ref _from);
    }

    private void Wait(RunContext run, SeriesState series, Evaluations pairs, long step, double? skill)
    {
        _candidate = true;
        run.Signals.Raise(new Signal
        {
            Id = CandidateId,
            Severity = Severity.Info,
            Series = Measured(run, series, skill).Name,
            Step = step,
            OnsetStep = _solvedStep,
            Title = $"Training is solved since step {_solvedStep}, validation is at chance",
            Summary = $"The training loss is {Numbers.Text(pairs.TrainingLevel)} and training was solved at step {_solvedStep}, while {Measured(run, series, skill).Name} is {Numbers.Text(_from)}. With weight decay such a run may generalise much later, or it has only memorised.",
            Evidence = [new Evidence(Measured(run, series, skill).Name, _solvedStep, step, skill is null ? "validation loss" : "validation accuracy", Numbers.Round6(_from), null)],
        });
    }

    /// <summary>Validation has left chance: it is grokking where it took long enough, else only a late start.</summary>
    private void Leave(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var measured = Measured(run, series, Skill(run));
        run.Signals.Clear(CandidateId, measured.Name);
        _confirmed = true;
        if (step < options.Times * Math.Max(1, _solvedStep)) return;
        var now = Now(run, pairs, Skill(run));
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = measured.Name,
            Step = step,
            OnsetStep = _solvedStep,
            Title = $"Grokking: validation follows training after {Numbers.Text(step / (double)Math.Max(1, _solvedStep))} times the steps",
            Summary = $"Training was solved at step {_solvedStep}; {measured.Name} went from {Numbers.Text(_from)} to {Numbers.Text(now)} only by step {step}. Keep training.",
            Evidence = [new Evidence(measured.Name, _solvedStep, step, "steps over the steps that training needed", Numbers.Round6(step / (double)Math.Max(1, _solvedStep)), options.Times)],
        });
    }

    /// <summary>Validation accuracy as a part of what lies between chance and 1; null where it is not logged.</summary>
    private static double? Skill(RunContext run)
    {
        var accuracy = run.First(RoleKind.ValAccuracy);
        var level = Evaluations.LevelAt(accuracy, long.MaxValue);
        if (double.IsNaN(level)) return null;
        var chance = run.Hints.Classes is { } classes ? 1 / classes : Math.Min(0.5, accuracy!.First);
        return (level - chance) / (1 - chance);
    }

    private static SeriesState Measured(RunContext run, SeriesState loss, double? skill) => skill is null ? loss : run.First(RoleKind.ValAccuracy)!;

    private static double Now(RunContext run, Evaluations pairs, double? skill) => skill is null ? pairs.Level : Evaluations.LevelAt(run.First(RoleKind.ValAccuracy), long.MaxValue);
}
