using Shouldly;
using Tracker.Client.Probes;
using Xunit;

namespace Tracker.Client.Tests.Probes;

/// <summary>Probes that train, measure or schedule, on problems whose answers are known.</summary>
public sealed class LearningProbeTests
{
    [Fact]
    public void The_finder_suggests_a_rate_below_divergence_and_puts_the_model_back()
    {
        // Gradient descent on w²/2·10: steps of a rate above 0.2 diverge.
        var w = 1.0;
        var result = LearningRateFinder.Find(
            null,
            rate =>
            {
                var loss = 5 * w * w;
                w -= rate * 10 * w;
                return loss;
            },
            () => w = 1, new FinderOptions { Start = 1e-4, End = 10, Steps = 100, Smoothing = 0.5 });
        w.ShouldBe(1);
        result.DivergedAt!.Value.ShouldBeInRange(0.2, 1);
        result.Suggestion.ShouldBeInRange(1e-3, 0.19);
        result.Rates[0].ShouldBe(1e-4, 1e-12);
        (result.Rates[1] / result.Rates[0]).ShouldBe(Math.Pow(1e5, 1.0 / 99), 1e-9);
        // The running mean has no memory of the zero that it starts from.
        result.Losses[0].ShouldBe(5, 1e-9);
        result.Losses.Count.ShouldBe(result.Rates.Count);
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateFinder.Find(null, _ => 1, () => { }, new FinderOptions { Start = 1, End = 1 }));
    }

    [Fact]
    public void The_model_is_put_back_even_when_the_sweep_throws()
    {
        var isBack = false;
        Should.Throw<InvalidOperationException>(() => LearningRateFinder.Find(null, _ => throw new InvalidOperationException(), () => isBack = true));
        isBack.ShouldBeTrue();
    }

    [Fact]
    public void One_batch_is_learnt_by_heart_or_not()
    {
        var (w, restored) = (1.0, 0);
        double Train(double rate)
        {
            var loss = w * w;
            w -= rate * 2 * w;
            return loss;
        }

        var good = SanityChecks.OverfitOneBatch(null, () => Train(0.25), () => restored++);
        (good.Passed, good.Start, good.Steps, restored).ShouldBe((true, 1, 5, 1));
        good.End.ShouldBe(1.0 / 256, 1e-12);
        w = 1;
        var bad = SanityChecks.OverfitOneBatch(null, () => Train(0), () => restored++, steps: 20);
        (bad.Passed, bad.Steps, bad.End).ShouldBe((false, 20, 1));
        SanityChecks.OverfitOneBatch(null, () => double.NaN, null).ShouldSatisfyAllConditions(r => r.Passed.ShouldBeFalse(), r => r.Steps.ShouldBe(1));
    }

    [Fact]
    public void The_checks_of_a_minute()
    {
        SanityChecks.LossAtStart(null, Math.Log(10), 10).ShouldBe(new StartLoss(Math.Log(10), Math.Log(10), 1, true));
        SanityChecks.LossAtStart(null, 20, 10).IsPlausible.ShouldBeFalse();
        var w = 1.0;
        SanityChecks.FirstStep(null, () => w * w, () => w *= 0.9).ShouldBeTrue();
        SanityChecks.FirstStep(null, () => w * w, () => w *= 1.1).ShouldBeFalse();
        SanityChecks.GradientsReachAll(null, 0, [new("a", new[] { 0f, 1f }), new("b", null), new("c", new float[2])]).ShouldBe(["b", "c"]);
        SanityChecks.OutputShape(null, [32, 10], [-1, 10]).ShouldBeTrue();
        SanityChecks.OutputShape(null, [32, 10], [-1, 9]).ShouldBeFalse();
        SanityChecks.OutputShape(null, [32], [-1, 9]).ShouldBeFalse();
        Health.Hash([1, 2]).ShouldBe(Health.Hash([2], Health.Hash([1])));
        Health.Hash([1, 2]).ShouldNotBe(Health.Hash([2, 1]));
    }

    [Fact]
    public void Sharpness_of_a_bowl_is_known_and_the_parameters_come_back_bit_for_bit()
    {
        // loss = |w|²: noise of length ε·|w| adds ε²·|w|² on the mean, so the ratio is about ε².
        float[] w = [.. Enumerable.Range(1, 400).Select(i => (float)Math.Sin(i))];
        var before = w.ToArray();
        var result = Curvature.Sharpness(null, 0, [w], () => w.Sum(x => (double)x * x), epsilon: 0.1, samples: 200);
        w.ShouldBe(before);
        result.Ratio.ShouldBe(0.01, 0.003);
    }

    [Fact]
    public void The_top_eigenvalue_of_a_known_matrix_is_found_with_its_sign()
    {
        double[] eigenvalues = [3, -7, 0.5];
        void Times(ReadOnlyMemory<double> v, Memory<double> into)
        {
            for (var i = 0; i < 3; i++) into.Span[i] = eigenvalues[i] * v.Span[i];
        }

        var result = Curvature.TopEigenvalue(null, 0, 3, Times, iterations: 100, tolerance: 1e-9);
        result.Value.ShouldBe(-7, 1e-6);
        result.HasConverged.ShouldBeTrue();
    }

    [Fact]
    public void By_differences_of_gradients_the_same_is_found_without_second_derivatives()
    {
        // loss = 2x² + 0.5y² + x·y: Hessian [[4, 1], [1, 1]], greatest eigenvalue (5 + √13) / 2.
        float[] x = [0.3f], y = [-0.2f];
        void Gradient(Memory<double> g) => (g.Span[0], g.Span[1]) = ((4 * x[0]) + y[0], y[0] + x[0]);
        var result = Curvature.TopEigenvalue(null, 0, 2, Curvature.ByDifferences([x, y], Gradient), iterations: 50, tolerance: 1e-6);
        result.Value.ShouldBe((5 + Math.Sqrt(13)) / 2, 1e-2);
        (x[0], y[0]).ShouldBe((0.3f, -0.2f));
    }

    [Fact]
    public void Fisher_and_noise_scale_follow_their_formulas()
    {
        Curvature.FisherDiagonal(null, 0, [new float[] { 1, 2 }, new float[] { 3, 0 }]).ShouldBe([5, 2]);
        // |G|² = 4, tr Σ = 100: E|G_B|² = 4 + 100/B.
        Curvature.GradientNoiseScale(null, 0, 10, Math.Sqrt(14), 50, Math.Sqrt(6)).ShouldBe(25, 1e-9);
    }

    [Fact]
    public void Classes_and_calibration_are_measured()
    {
        float[] probabilities = [0.9f, 0.1f, 0.9f, 0.1f, 0.4f, 0.6f, 0.4f, 0.6f];
        var quality = PredictionQuality.Of(probabilities, [0, 1, 1, 1], 2, bins: 10);
        quality.Accuracy.ShouldBe(0.75);
        quality.AccuracyByClass.ShouldBe([1, 2.0 / 3]);
        // Sure by 0.9 and right in half, sure by 0.6 and always right: half of 0.4 and half of 0.4.
        quality.CalibrationError.ShouldBe(0.4, 1e-6);
        quality.Bins[8].ShouldSatisfyAllConditions(b => b.Count.ShouldBe(2), b => b.Confidence.ShouldBe(0.9, 1e-6), b => b.Accuracy.ShouldBe(0.5));
        quality.Bins[6].Accuracy.ShouldBe(1);
        Should.Throw<ArgumentException>(() => PredictionQuality.Of([0.5f], [0], 2));
    }

    [Fact]
    public void The_watchdog_waits_as_long_as_its_patience()
    {
        var stop = new EarlyStop(patience: 2, minDelta: 0.1);
        new[] { 1.0, 0.5, 0.45, 0.6 }.Select((loss, step) => stop.ShouldStop(step, loss)).ShouldBe([false, false, false, false]);
        stop.ShouldStop(4, double.NaN).ShouldBeTrue();
        (stop.Best, stop.BestStep).ShouldBe((0.5, 1));
    }

    [Fact]
    public void Schedules_give_the_numbers_of_their_papers()
    {
        Schedules.Warmup(0, 10, 1).ShouldBe(0.1, 1e-12);
        Schedules.Warmup(9, 10, 1).ShouldBe(1);
        Schedules.Cosine(10, 110, 1, warmup: 10, floor: 0.1).ShouldBe(1);
        Schedules.Cosine(60, 110, 1, warmup: 10, floor: 0.1).ShouldBe(0.55, 1e-12);
        Schedules.Cosine(110, 110, 1, warmup: 10, floor: 0.1).ShouldBe(0.1, 1e-12);
        new long[] { 0, 5, 10, 15, 20 }.Select(step => Schedules.Cyclical(step, 10, 1, 3)).ShouldBe([1, 2, 3, 2, 1]);
        var (first, momentum) = Schedules.OneCycle(0, 100, 1);
        first.ShouldBe(0.04, 1e-12);
        momentum.ShouldBe(0.95, 1e-12);
        Schedules.OneCycle(29, 100, 1).Rate.ShouldBe(1, 1e-12);
        Schedules.OneCycle(29, 100, 1).Momentum.ShouldBe(0.85, 1e-12);
        Schedules.OneCycle(99, 100, 1).Rate.ShouldBe(4e-6, 1e-12);
        Schedules.OneCycle(99, 100, 1).Momentum.ShouldBe(0.95, 1e-12);
    }

    [Fact]
    public void A_mode_lasts_as_long_as_its_scope_and_a_module_that_does_not_follow_is_told()
    {
        bool[] modes = [true, true];
        var model = new ModelMode(training => Array.Fill(modes, training), () => modes);
        using (ModeScope.Evaluate(null, model)) modes.ShouldBe([false, false]);
        modes.ShouldBe([true, true]);
        var stubborn = new ModelMode(training => modes[0] = training, () => modes);
        Should.Throw<InvalidOperationException>(() => ModeScope.Evaluate(null, stubborn)).Message.ShouldContain("1 modules");
        modes.ShouldBe([true, true]);
    }

    [Fact]
    public void The_card_shows_what_passed_what_failed_and_what_nobody_looked_at()
    {
        var (w, output) = (1.0, new StringWriter());
        var card = Checklist.Check(null, new ChecklistSubject
        {
            Shape = ([32, 10], [-1, 10]),
            BatchLoss = () => w * w,
            TrainOnBatch = () =>
            {
                var loss = w * w;
                w *= 0.5;
                return loss;
            },
            Restore = () => w = 1,
            Inputs = new[] { -1f, 1f },
            TrainHashes = [1, 2, 3],
            ValidationHashes = () => [3, 4],
            SchedulerRoundTrip = () => ("a", "b"),
            IsTraining = () => throw new NotSupportedException("no modes"),
            LogsRate = true,
        }, output);
        card.Points.Select(point => point.Passed).ShouldBe([true, true, true, true, true, false, true, null, false, true]);
        card.HasNoFailure.ShouldBeFalse();
        w.ShouldBe(1);
        var lines = output.ToString().ReplaceLineEndings("\n").TrimEnd().Split('\n');
        lines[0].ShouldBe("before the run");
        lines[6].ShouldBe(" 6  FAILED   splits are disjoint            1 of 2 validation samples are in the training set");
        lines[8].ShouldContain("unknown  training mode                  could not be checked: NotSupportedException");
        lines[11].ShouldBe("7 passed, 2 failed, 1 unknown");
        Checklist.Check(null, new ChecklistSubject(), TextWriter.Null).Points.ShouldAllBe(point => point.Passed == null);
    }
}
