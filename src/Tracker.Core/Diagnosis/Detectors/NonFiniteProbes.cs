using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>
/// Where a NaN or an infinity came from, as hooks in the training process found it: a parameter or buffer that is not finite,
/// the operation that made it, the first module that gave it.
/// </summary>
internal sealed class NonFiniteProbes : ProbeDetector
{
    public const string Params = "params-nonfinite";
    public const string Op = "numeric-op";
    public const string FirstModule = "nan-first-module";

    public override IReadOnlyList<ProbeCheck> Checks { get; } =
    [
        new(Params, "nonfinite-params", JudgeParams),
        new(Op, "numeric-op", JudgeOp),
        new(FirstModule, "nan-first-module", JudgeModule),
    ];

    private static ProbeVerdict? JudgeParams(RunContext run, Happening e)
    {
        var names = e.Texts("tensors");
        names.AddRange(e.Texts("buffers"));
        var count = e.Number("count") ?? names.Count;
        if (count > 0)
        {
            return new(Severity.Crit, $"{Numbers.Text(count)} {(count == 1 ? "tensor of the model is" : "tensors of the model are")} not finite",
                $"At step {e.Step} these parameters or buffers hold NaN or infinity: {(names.Count > 0 ? List(names) : "not named")}. Every further step is wasted.", "tensors not finite", count, 0);
        }
        return e.Number("checked") is not null || e.Number("count") is not null ? ProbeVerdict.Fine : null;
    }

    private static ProbeVerdict? JudgeOp(RunContext run, Happening e)
    {
        if (e.Text("op") is not { } op) return null;
        var where = e.Text("module") is { Length: > 0 } module ? $" in {module}" : "";
        var from = e.Number("input_min") is { } low && e.Number("input_max") is { } high ? $", given values from {Numbers.Text(low)} to {Numbers.Text(high)}" : "";
        return new(Severity.Crit, $"{op}{where} gave a value that is not finite", $"At step {e.Step} {op}{where} gave NaN or infinity{from}. {Fix(op.ToLowerInvariant())}",
            "values not finite", e.Number("count") ?? 1, 0);
    }

    private static ProbeVerdict? JudgeModule(RunContext run, Happening e)
    {
        if (e.Text("module") is not { Length: > 0 } module) return null;
        var pass = e.Text("pass") is "backward" ? "backward" : "forward";
        var inputs = e.Flag("inputs_nonfinite");
        var told = inputs switch
        {
            true => " Its inputs were not finite already: look at the batch.",
            false => " Its inputs were finite: the module itself made them.",
            null => "",
        };
        return new(Severity.Crit, $"{module} is the first module whose output is not finite", $"In the {pass} pass of step {e.Step} {module} was the first to give NaN or infinity.{told}",
            "modules not finite", 1, 0);
    }

    /// <summary>What to do about each source of NaN.</summary>
    private static string Fix(string op) =>
        Has(op, "log") ? "The logarithm of 0 is infinite: clamp its argument to at least 1e-8, or compute the loss from logits."
        : Has(op, "div") || Has(op, "norm") ? "Add an epsilon to the denominator."
        : Has(op, "sqrt") || Has(op, "pow") ? "The gradient of the square root at 0 is infinite: take sqrt(x + 1e-8)."
        : Has(op, "exp") || Has(op, "softmax") ? "exp of more than 88 (float32; 11 in float16) overflows: scale the inputs or clip the logits."
        : Has(op, "place") ? "A tensor was changed in place after it had been saved for the backward pass: remove the in-place operation."
        : "Clamp its inputs, or compute it in float32.";

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);
}
