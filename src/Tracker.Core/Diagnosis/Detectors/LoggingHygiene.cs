using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of the conditions of what is not logged.</summary>
public sealed record LoggingHygieneOptions
{
    /// <summary>Points of the loss (fewer in a sparse series) after which what has not come is missing. Default 200.</summary>
    public int Points { get; init; } = 200;
}

/// <summary>
/// What is not logged, which conditions are blind for it, and the line that would log it: one card of notes.
/// Each goes when its series appears.
/// </summary>
internal sealed class LoggingHygiene(LoggingHygieneOptions options) : Detector
{
    public const string RateNotLogged = "lr-not-logged";
    public const string NoValidation = "missing-val";
    public const string NoRate = "missing-lr";
    public const string NoGradient = "missing-grad-norm";
    public const string NoLayers = "missing-layer-norms";
    public const string NoParameters = "missing-param-norm";

    public static readonly string[] Ids = [RateNotLogged, NoValidation, NoRate, NoGradient, NoLayers, NoParameters];

    public override void Review(RunContext run)
    {
        if (run.Loss is not { } loss || loss.Count < run.Window(loss, options.Points)) return;
        var rate = run.Rate.IsLogged;
        Say(run, loss, RateNotLogged, !rate && run.Hints.LearningRate is not null, "The learning rate is configured but not logged", RoleKind.LearningRate, "run.log({\"lr\": scheduler.get_last_lr()[0]}, step=step)");
        Say(run, loss, NoRate, !rate && run.Hints.LearningRate is null, "No learning rate is known", RoleKind.LearningRate, "run.log({\"lr\": optimizer.param_groups[0][\"lr\"]}, step=step)");
        // Games and rewards have no validation loss.
        Say(run, loss, NoValidation, !run.IsAdversarial && run.First(RoleKind.ValLoss) is null && run.First(RoleKind.ValAccuracy) is null && run.First(RoleKind.TaskLoss) is null,
            "Nothing is validated", RoleKind.ValLoss, "run.log({\"val/loss\": validate(model)}, step=step)  # every few hundred steps");
        Say(run, loss, NoGradient, run.Gradient is null, "The gradient norm is not logged", RoleKind.GradNorm, "run.log({\"grad_norm/total\": torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)}, step=step)");
        Say(run, loss, NoLayers, run.All(RoleKind.LayerGradNorm).Count == 0, "No layer's gradient norm is logged", RoleKind.LayerGradNorm,
            "run.log({f\"grad_norm/{n}\": p.grad.norm() for n, p in model.named_parameters()}, step=step)  # every 20 steps");
        Say(run, loss, NoParameters, run.First(RoleKind.ParamNorm) is null && run.All(RoleKind.LayerParamNorm).Count == 0, "The norm of the parameters is not logged", RoleKind.ParamNorm,
            "run.log({\"param_norm/total\": sum(p.norm() ** 2 for p in model.parameters()) ** 0.5}, step=step)");
    }

    private void Say(RunContext run, SeriesState loss, string id, bool missing, string title, RoleKind kind, string line)
    {
        if (!missing)
        {
            run.Signals.Clear(id, loss.Name);
            return;
        }
        if (run.Signals.IsActive(id, loss.Name)) return;
        var blind = Blind(run, kind);
        run.Signals.Raise(new Signal
        {
            Id = id,
            Severity = Severity.Info,
            Series = loss.Name,
            Step = run.Step,
            OnsetStep = loss.FirstStep,
            Title = title,
            Summary = $"{title}: {(blind.Count == 0 ? "causes cannot be told apart by it" : $"{string.Join(", ", blind)} cannot be seen")}. To log it: {line}",
            Evidence = [new Evidence(loss.Name, loss.FirstStep, run.Step, "points of the loss without it", loss.Count, options.Points)],
        });
    }

    /// <summary>Conditions whose detectors see this kind of series and none that is logged besides the training loss.</summary>
    private static List<string> Blind(RunContext run, RoleKind kind)
    {
        var blind = new List<string>();
        foreach (var entry in DetectorCatalogue.Entries)
        {
            if (!entry.Roles.Contains(kind) || Array.Exists(entry.Roles, r => r != RoleKind.TrainLoss && run.All(r).Count > 0)) continue;
            // With the loss alone a detector that also needs another series is half blind, which is blind enough to be named.
            blind.AddRange(entry.Ids);
        }
        return blind;
    }
}
