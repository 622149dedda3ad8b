using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>sharpness</c> and <c>hessian-top-eig</c>.</summary>
public sealed record CurvatureOptions
{
    /// <summary>Relative rise of the loss under random steps in the weights above which a minimum is sharp. Default 0.1, for steps of 0.05.</summary>
    public double Sharp { get; init; } = 0.1;

    /// <summary>Rate times greatest eigenvalue above which gradient descent on a quadratic diverges. Default 2 (Cohen et al., edge of stability).</summary>
    public double Stable { get; init; } = 2;
}

/// <summary>How curved the loss is where training stands: by random steps in the weights, and by the Hessian's greatest eigenvalue.</summary>
internal sealed class Curvature : ProbeDetector
{
    public const string Sharpness = "sharpness";
    public const string TopEigenvalue = "hessian-top-eig";

    private readonly CurvatureOptions _options;

    public Curvature(CurvatureOptions options)
    {
        _options = options;
        Checks = [new(Sharpness, Sharpness, JudgeSharpness), new(TopEigenvalue, TopEigenvalue, JudgeEigenvalue)];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    private ProbeVerdict? JudgeSharpness(RunContext run, Happening e)
    {
        var ratio = e.Number("ratio") ?? (e.Number("base") is { } level && e.Number("perturbed") is { } moved ? (moved - level) / (Math.Abs(level) + 1e-8) : null);
        if (ratio is not { } rise || double.IsNaN(rise)) return null;
        return rise <= _options.Sharp ? ProbeVerdict.Fine : new(Severity.Info, "The minimum is sharp",
            $"Random steps of {Numbers.Text(e.Number("epsilon") ?? 0.05)} in the weights raise the loss by {Numbers.Percent(rise)}; flat minima generalise better. Smaller batches or sharpness-aware minimisation (SAM) find flatter ones.",
            "relative rise of the loss", rise, _options.Sharp);
    }

    private ProbeVerdict? JudgeEigenvalue(RunContext run, Happening e)
    {
        if (e.Number("eigenvalue") is not { } eigenvalue || (e.Number("lr") ?? run.LearningRate) is not { } rate || double.IsNaN(eigenvalue)) return null;
        var product = rate * eigenvalue;
        return product <= _options.Stable ? ProbeVerdict.Fine : new(Severity.Info, "Training is at the edge of stability",
            $"The Hessian's greatest eigenvalue is {Numbers.Text(eigenvalue)}; with a learning rate of {Numbers.Text(rate)} their product is {Numbers.Text(product)}, above the {Numbers.Text(_options.Stable)} at which plain gradient descent is stable."
                + (run.Hints.IsAdaptive ? " With an adaptive optimizer the limit is that of the preconditioned Hessian, so this is a hint only." : ""),
            "rate times greatest eigenvalue", product, _options.Stable);
    }
}
