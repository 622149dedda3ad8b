namespace Tracker.Core.Diagnosis;

/// <summary>The line of code that would log what a condition needs, for each word that the needs use.</summary>
internal static class LogLines
{
    private static readonly Dictionary<string, LogLine> Lines = new(StringComparer.Ordinal)
    {
        ["train/loss"] = Scalar("train/loss", "loss.item()", "loss.ToSingle()"),
        ["val/loss"] = Scalar("val/loss", "validate(model)", "Validate(model)", "every few hundred steps"),
        ["val/accuracy"] = Scalar("val/accuracy", "accuracy(model, val_loader)", "Accuracy(model, valData)", "every few hundred steps"),
        ["val/loss_<task>"] = new("run.log({f\"val/loss_{task}\": validate(model, task) for task in tasks}, step=step)", "foreach (var task in tasks) run.Log(step, ($\"val/loss_{task}\", Validate(model, task)));"),
        ["val/acc_class_<class>"] = new("run.log({f\"val/acc_class_{k}\": acc for k, acc in enumerate(per_class_accuracy)}, step=step)", "for (var k = 0; k < classes; k++) run.Log(step, ($\"val/acc_class_{k}\", accuracyOf[k]));"),
        ["val/ece"] = Scalar("val/ece", "calibration_error(probabilities, labels)", "CalibrationError(probabilities, labels)"),
        ["val/<metric>"] = Scalar("val/f1", "f1_score(labels, predictions)", "F1(labels, predictions)", "or any other metric whose name says which way is better"),
        ["lr"] = Scalar("lr", "optimizer.param_groups[0][\"lr\"]", "scheduler.get_last_lr().First()"),
        ["epoch"] = Scalar("epoch", "epoch", "epoch"),
        ["grad_norm/total"] = Scalar("grad_norm/total", "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)", "torch.nn.utils.clip_grad_norm_(model.parameters(), maxNorm)"),
        ["grad_norm/<layer>"] = Layers("grad_norm", "p.grad.norm().item()", "p.grad.norm().ToSingle()"),
        ["clip/active"] = Scalar("clip/active", "float(norm > max_norm)", "norm > maxNorm ? 1 : 0"),
        ["clip/threshold"] = Scalar("clip/threshold", "max_norm", "maxNorm"),
        ["param_norm/total"] = Scalar("param_norm/total", "sum(p.norm().item() ** 2 for p in model.parameters()) ** 0.5", "Math.Sqrt(model.parameters().Sum(p => Math.Pow(p.norm().ToSingle(), 2)))"),
        ["update_ratio/<layer>"] = new(
            "run.log({f\"update_ratio/{n}\": ((p - before[n]).norm() / p.norm()).item() for n, p in model.named_parameters()}, step=step)  # before: copies from before optimizer.step(), every 20 steps",
            "foreach (var (n, p) in model.named_parameters()) run.Log(step, ($\"update_ratio/{n}\", ((p - before[n]).norm() / p.norm()).ToSingle())); // before: copies from before the step"),
        ["dead_fraction/<layer>"] = new("run.log({f\"dead_fraction/{n}\": (a <= 0).all(dim=0).float().mean().item() for n, a in activations.items()}, step=step)  # from forward hooks, every 20 steps",
            "foreach (var (n, a) in activations) run.Log(step, ($\"dead_fraction/{n}\", (a <= 0).all(0).to(torch.float32).mean().ToSingle()));"),
        ["saturated_fraction/<layer>"] = new("run.log({f\"saturated_fraction/{n}\": (a.abs() > 0.95).float().mean().item() for n, a in activations.items()}, step=step)  # tanh; from forward hooks",
            "foreach (var (n, a) in activations) run.Log(step, ($\"saturated_fraction/{n}\", (a.abs() > 0.95).to(torch.float32).mean().ToSingle())); // tanh"),
        ["act_std/<layer>"] = new("run.log({f\"act_std/{n}\": a.std().item() for n, a in activations.items()}, step=step)  # from forward hooks, every 20 steps",
            "foreach (var (n, a) in activations) run.Log(step, ($\"act_std/{n}\", a.std().ToSingle()));"),
        ["attention_entropy/<layer>"] = new("run.log({f\"attention_entropy/{n}\": -(p * (p + 1e-9).log()).sum(-1).mean().item() for n, p in attention.items()}, step=step)",
            "foreach (var (n, p) in attention) run.Log(step, ($\"attention_entropy/{n}\", -(p * (p + 1e-9).log()).sum(-1).mean().ToSingle()));"),
        ["weights/<layer>"] = new("for n, p in model.named_parameters(): run.log_histogram(f\"weights/{n}\", p.detach().flatten().tolist(), step=step)  # every 100 steps",
            "foreach (var (n, p) in model.named_parameters()) run.LogHistogram($\"weights/{n}\", p.data<float>().ToArray(), step);"),
        ["logit_max"] = Scalar("logit_max", "logits.abs().max().item()", "logits.abs().max().ToSingle()"),
        ["amp/scale"] = Scalar("amp/scale", "scaler.get_scale()", "scaler.get_scale()"),
        ["step_time"] = Scalar("step_time", "seconds", "watch.Elapsed.TotalSeconds"),
        ["input/mean"] = new("run.log({\"input/mean\": x.mean().item(), \"input/std\": x.std().item()}, step=step)", "run.Log(step, (\"input/mean\", x.mean().ToSingle()), (\"input/std\", x.std().ToSingle()));"),
        ["system/gpu_util"] = Scalar("system/gpu_util", "torch.cuda.utilization()", "utilization", "every few seconds; or data_time and step_time"),
        ["system/gpu_mem"] = Scalar("system/gpu_mem", "torch.cuda.memory_allocated() / 2**30", "memory"),
        ["rank<r>/train/loss"] = new("tracker.init(id=run_id, resume=\"allow\")  # in every process; ranks above 0 log as rank<r>/…", "run.Log(step, ($\"rank{rank}/train/loss\", loss.ToSingle()));"),
        ["config:num_classes"] = Config("num_classes", "10"),
        ["config:total_steps"] = Config("total_steps", "total_steps", "totalSteps"),
        ["config:max_grad_norm"] = Config("max_grad_norm", "1.0"),
        ["config:optimizer"] = Config("optimizer", "\"adamw\""),
        ["config:precision"] = Config("precision", "\"bf16\""),
        ["event:batch"] = Event("batch", "Batch", "loader", "{\"ids\": batch_ids}", "{ [\"ids\"] = batchIds }"),
        ["event:reference"] = new("tracker.init(project=\"…\", reference=\"<id of a good run>\")", "new TrackerRunOptions { Reference = \"<id of a good run>\" }"),
        ["event:sibling"] = new("tracker.init(config={\"lr\": lr, \"batch_size\": batch_size})  # in every run of the project",
            "new TrackerRunOptions { Config = new Dictionary<string, object?> { [\"lr\"] = lr, [\"batch_size\"] = batchSize } } // in every run of the project"),
    };

    /// <summary>The lines for all words, joined by line breaks.</summary>
    public static LogLine For(IReadOnlyList<string> words)
    {
        var lines = words.Select(For).ToList();
        return new LogLine(string.Join('\n', lines.Select(l => l.Python)), string.Join('\n', lines.Select(l => l.Dotnet)));
    }

    /// <summary>The line for a word; throws for one that it does not know, which a test makes impossible.</summary>
    public static LogLine For(string word) => word.StartsWith("probe:", StringComparison.Ordinal) ? Event("probe", "Probe", word[6..], "{…}", "{ … }") : Lines[word];

    private static LogLine Scalar(string name, string python, string dotnet, string? when = null) =>
        new($"run.log({{\"{name}\": {python}}}, step=step){(when is null ? "" : "  # " + when)}", $"run.Log(step, (\"{name}\", {dotnet}));{(when is null ? "" : " // " + when)}");

    private static LogLine Layers(string family, string python, string dotnet) => new(
        $"run.log({{f\"{family}/{{n}}\": {python} for n, p in model.named_parameters()}}, step=step)  # every 20 steps",
        $"foreach (var (n, p) in model.named_parameters()) run.Log(step, ($\"{family}/{{n}}\", {dotnet})); // every 20 steps");

    private static LogLine Config(string key, string python, string? dotnet = null) =>
        new($"tracker.init(config={{\"{key}\": {python}}})", $"new TrackerRunOptions {{ Config = new Dictionary<string, object?> {{ [\"{key}\"] = {dotnet ?? python} }} }}");

    private static LogLine Event(string kind, string dotnetKind, string name, string data, string dotnetData) => new(
        $"requests.post(f\"{{server}}/api/v1/runs/{{run.id}}/log\", json={{\"events\": [{{\"kind\": \"{kind}\", \"name\": \"{name}\", \"step\": step, \"data\": {data}}}]}})",
        $"run.LogEvent(new TrackerEvent {{ Kind = TrackerEventKind.{dotnetKind}, Name = \"{name}\", Step = step, Data = new Dictionary<string, object?> {dotnetData} }});");
}
