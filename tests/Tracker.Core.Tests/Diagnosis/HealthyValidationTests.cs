using System.Globalization;
using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>Healthy runs of every habit: nothing of training against validation is a warning in any of them.</summary>
public sealed class HealthyValidationTests
{
    private const string Classes = """{"num_classes":10,"loss":"cross_entropy","total_steps":2000}""";

    public static TheoryData<string> Runs => [.. Scripts.Keys];

    private static readonly SortedDictionary<string, Func<Script>> Scripts = new(StringComparer.Ordinal)
    {
        ["cosine to zero, converged tail"] = () => new Script().Config(Classes).Series("lr", Cosine(0.001, 2000)).Series("train/loss", "2.35>0.05~0.02x2000")
            .Series("val/loss", "2.3>0.1~0.003x50", every: 40).Series("val/accuracy", "0.1 0.5 0.8 0.9 0.95~0.003x46", every: 40),
        ["batches of eight"] = () => new Script().Config(Classes).Series("train/loss", "2.35>0.4~0.3x2000").Series("val/loss", "2.3>0.45~0.02x50", every: 40).Series("val/accuracy", "0.1 0.5 0.7 0.8 0.87~0.01x46", every: 40),
        ["half of the labels wrong"] = () => new Script().Config(Classes).Series("train/loss", "2.35>1.7~0.08x2000").Series("val/loss", "2.3>1.72~0.01x50", every: 40).Series("val/accuracy", "0.1 0.3 0.4 0.5 0.54~0.01x46", every: 40),
        ["tiny validation set"] = () => new Script().Config(Classes).Series("train/loss", "2.35>0.05~0.02x2000").Series("train/accuracy", "0.1 0.6 0.9 0.97 0.99~0.003x46", every: 40)
            .Series("val/loss", "2.3>0.33~0.02x50", every: 40).Series("val/accuracy", "0.2 0.5 0.7 0.8 0.867~0.02x46", every: 40).Series("val/ece", "0.07 0.2 0.24 0.17 0.1~0.015x46", every: 40),
        ["once an epoch, as Keras logs it"] = () => new Script().Config("""{"epochs":30,"num_classes":10}""").Series("loss", "1.2>0.2~0.01x30").Series("val_loss", "0.9>0.28~0.01x30").Series("val_accuracy", "0.6 0.75 0.8 0.85 0.9~0.004x26"),
        ["a regression at its noise floor"] = () => new Script().Config("""{"loss":"mse","total_steps":2000}""").Series("train/loss", "1.1>0.5~0.1x300 0.5~0.1x1700").Series("val/loss", "1>0.55~0.004x8 0.55~0.004x42", every: 40),
        ["a likelihood below zero"] = () => new Script().Config("""{"loss":"gaussian_nll","total_steps":2000}""").Series("train/loss", "1.4-0.004~0.05x600 -1~0.05x1400").Series("val/loss", "1.4-0.16~0.02x15 -1~0.02x35", every: 40),
        ["a bound of evidence"] = () => new Script().Config("""{"loss":"negative_elbo","total_steps":2000}""").Series("train/loss", "74>25~0.6x2000").Series("val/loss", "55>25.4~0.2x50", every: 40),
        ["fine-tuned from a good model"] = () => new Script().Config(Classes).Series("train/loss", "0.07>0.02~0.01x2000").Series("val/loss", "0.08>0.065~0.0003x50", every: 40).Series("val/accuracy", "0.978 0.986~0.001x49", every: 40).Series("val/ece", "0.02>0.017~0.001x50", every: 40),
        ["cyclic rate"] = () => new Script().Config(Classes).Series("lr", string.Join(' ', Enumerable.Repeat("0.0001+0.00001x100 0.0011-0.00001x100", 10))).Series("train/loss", Waves(100))
            .Series("val/loss", string.Join(' ', Enumerable.Range(0, 50).Select(i => Number(0.15 + 2 * Math.Exp(-i / 4.0) + 0.02 * Math.Sin(i * Math.PI / 2.5)))), every: 40),
        ["a drop of the rate to a tenth"] = () => new Script().Config(Classes).Series("lr", "0.1x1000 0.01x1000").Series("train/loss", "2.35>0.3~0.08x1000 0.12~0.03x1000").Series("val/loss", "2.3>0.35~0.03x25 0.18~0.004x25", every: 40).Series("val/accuracy", "0.1 0.5 0.7 0.85~0.01x22 0.94~0.003x25", every: 40),
        ["a language model"] = () => new Script().Config("""{"num_classes":50257,"loss":"cross_entropy","total_steps":2000}""").Series("train/loss", "10.9>3.4~0.1x2000").Series("val/loss", "10.8>3.45~0.01x50", every: 40).Series("val/accuracy", "0 0.1 0.2 0.25 0.3+0.002x46", every: 40),
        ["dropout in training"] = () => new Script().Config(Classes).Series("train/loss", "2.4>0.5~0.1x2000").Series("val/loss", "2.3>0.2~0.005x50", every: 40),
        ["resumed"] = () => new Script().Config(Classes).Series("train/loss", "2.35>0.2~0.05x1000 0.22~0.05x1000").Series("val/loss", "2.3>0.25~0.006x50", every: 40).Event(1000, "resume"),
        ["ten classes of thirty samples"] = () => Enumerable.Range(0, 10).Aggregate(new Script().Config(Classes).Series("train/loss", "2.35>0.05~0.02x2000").Series("val/loss", "2.3>0.1~0.003x50", every: 40),
            (script, k) => script.Series($"val/acc_class_{k}", $"{(k == 3 ? "0 0 0 0.2" : "0 0.5 0.7 0.8")} 0.93~0.04x46", every: 40)),
        ["two tasks learnt together"] = () => new Script().Config(Classes).Series("train/loss", "2.35>0.2~0.05x2000").Series("val/loss_task_a", "2.3>0.2~0.01x50", every: 40).Series("val/loss_task_b", "2.4>0.4~0.02x50", every: 40),
        ["two players"] = () => new Script().Config("""{"task":"gan"}""").Series("train/loss_d", "0.7~0.1x2000").Series("train/loss_g", "1+0.0005~0.2x2000").Series("train/loss", "1.7~0.3x2000").Series("val/loss", "1 0.9+0.01x49", every: 40),
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_healthy_run_raises_no_warning(string run)
    {
        var outcome = Scripts[run]().End().Run();
        outcome.Signals.Where(s => s.Severity >= Severity.Warn).Select(s => $"{s.Id} at {s.Step}: {s.Summary}").ShouldBeEmpty();
    }

    private static string Cosine(double peak, int steps) => string.Join(' ', Enumerable.Range(0, steps).Select(i => Number(peak * (1 + Math.Cos(Math.PI * i / steps)) / 2)));

    private static string Waves(int half) => "2.35>0.15~0.02x400 " + string.Join(' ', Enumerable.Repeat($"0.15+0.0003~0.02x{half} 0.18-0.0003~0.02x{half}", 8));

    private static string Number(double value) => value.ToString("0.####e-0", CultureInfo.InvariantCulture);
}
