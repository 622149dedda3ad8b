using Shouldly;
using Tracker.Client.Probes;
using Xunit;

namespace Tracker.Client.Tests.Probes;

public sealed class GradientProbeTests
{
    [Fact]
    public void The_table_names_what_each_norm_says()
    {
        var table = GradientTable.Measure(
        [
            new("none", null), new("zero", new float[3]), new("small", new[] { 3e-7f, 4e-7f }), new("fine", new[] { 3f, 4f }), new("large", new[] { 30f, 40f }), new("bad", new[] { float.NaN }),
        ]);
        table.Rows.Select(row => row.Status).ShouldBe(
            [GradientStatus.NoGradient, GradientStatus.NoGradient, GradientStatus.Vanishing, GradientStatus.Ok, GradientStatus.Exploding, GradientStatus.NotFinite]);
        table.Rows[3].Norm.ShouldBe(5);
        table.Rows[4].Norm.ShouldBe(50);
        var lines = GradientTable.Measure([new("fc1.weight", new[] { 3f, 4f }), new("fc2", null)]).ToString().ReplaceLineEndings("\n").Split('\n');
        lines.ShouldBe(["LAYER          GRAD NORM  STATUS", "fc1.weight    5.0000e+00  OK", "fc2           0.0000e+00  NO GRAD", "least 0.00e+00, greatest 5.00e+00, mean 2.50e+00"]);
    }

    [Fact]
    public void Clipping_by_norm_keeps_the_direction_and_gives_the_norm_before()
    {
        var clipping = new GradientClipping(null);
        float[] a = [3], b = [0, 4];
        clipping.ByNorm(0, [a, b], 1).ShouldBe(5);
        a[0].ShouldBe(0.6f, 1e-6f);
        b[1].ShouldBe(0.8f, 1e-6f);
        clipping.ByNorm(1, [a, b], 2).ShouldBe(1, 1e-6);
        (clipping.Steps, clipping.Clipped, clipping.Share).ShouldBe((2, 1, 0.5));
        a[0].ShouldBe(0.6f, 1e-6f);
        // Scaling by a norm that is none would only spread it.
        a[0] = float.NaN;
        clipping.ByNorm(2, [a, b], 0.1).ShouldBe(double.NaN);
        b[1].ShouldBe(0.8f, 1e-6f);
        Should.Throw<ArgumentOutOfRangeException>(() => clipping.ByNorm(3, [a], 0));
    }

    [Fact]
    public void Clipping_by_value_limits_each_number()
    {
        var clipping = new GradientClipping(null);
        float[] values = [-3, 0.5f, 4, float.NegativeInfinity];
        clipping.ByValue(0, [values], 1);
        values.ShouldBe([-1, 0.5f, 1, -1]);
        clipping.Share.ShouldBe(1);
    }

    [Fact]
    public void The_guard_skips_what_is_not_finite_and_what_is_far_above_the_usual()
    {
        var guard = new StepGuard(null, factor: 10);
        guard.Allows(0, double.NaN, 1, "a").ShouldBeFalse();
        guard.Allows(1, 1, double.PositiveInfinity, "b").ShouldBeFalse();
        for (var step = 2; step < 12; step++) guard.Allows(step, 1, 1 + (0.01 * step)).ShouldBeTrue();
        guard.Allows(12, 1, 20, "a").ShouldBeFalse();
        guard.Allows(13, 1, 9, "b").ShouldBeTrue();
        guard.Skipped.ShouldBe(3);
        guard.BlackList.ShouldBe(["a"]);
        guard.Add(["z"]);
        (guard.IsListed("a"), guard.IsListed("b"), guard.IsListed("z")).ShouldBe((true, false, true));
    }

    [Fact]
    public void The_monitor_counts_prints_and_hunts()
    {
        var output = new StringWriter();
        float[] weights = [1, 2];
        var monitor = new TrainingMonitor(null, new MonitorOptions
        {
            PrintEvery = 10, MaxNorm = 1, Output = output, Parameters = () => [new("fc1", weights), new("fc2", new float[] { 1 })], Buffers = () => [new("mean", new float[] { 0 })],
        });
        for (var step = 0; step <= 20; step++) monitor.Step(step, 2 - (0.05 * step), step % 4 == 0 ? 3 : 0.5, 0.1).ShouldBeTrue();
        monitor.Trend.ShouldBe(-1, 1e-9);
        for (var step = 21; step < 24; step++)
        {
            weights[1] = float.NaN;
            monitor.Step(step, double.NaN, double.NaN).ShouldBeFalse();
        }

        var summary = monitor.Summary();
        summary.FinalLoss.ShouldBe(1, 1e-9);
        summary.LeastLoss.ShouldBe(1, 1e-9);
        summary.MeanGradientNorm.ShouldBe(((6 * 3) + (15 * 0.5)) / 21, 1e-9);
        summary.ClipFrequency.ShouldBe(6.0 / 21, 1e-9);
        summary.NanEvents.ShouldBe(3);
        var lines = output.ToString().ReplaceLineEndings("\n").Split('\n');
        lines[0].ShouldBe("step 0: loss 2.0000 trend(200) n/a grad_norm 3.0000 [CLIPPED] clip_freq 100.0 % lr 1.00e-01");
        lines[1].ShouldBe("step 10: loss 1.5000 trend(200) -0.5000 grad_norm 0.5000 clip_freq 27.3 % lr 1.00e-01");
        lines[5].ShouldBe("step 23: the loss is NaN (3 in a row)");
        lines[6].ShouldBe("  not finite: fc1");
    }

    [Fact]
    public void The_hunt_names_the_first_module_and_whether_its_inputs_were_at_fault()
    {
        var hunt = new NanHunt(null);
        hunt.Forward(5, "fc1", [1], [2]).ShouldBeFalse();
        hunt.Forward(5, "softmax", [1], [float.NaN]).ShouldBeTrue();
        hunt.Forward(5, "loss", [float.NaN], [float.NaN]).ShouldBeTrue();
        hunt.First.ShouldBe("softmax");
        hunt.Backward(6, "fc2", [1], [float.PositiveInfinity]).ShouldBeTrue();
        hunt.First.ShouldBe("fc2");
        hunt.Operation(7, "log", "loss", [0, 1], [float.NegativeInfinity, 0]).ShouldBeTrue();
        hunt.Operation(7, "log", "loss", [1], [0]).ShouldBeFalse();
        hunt.SearchTensors(8, [new("a", new[] { 1f }), new("b", new[] { float.NaN })], [new("c", new[] { float.PositiveInfinity })]).ShouldBe(["b", "c"]);
    }

    [Fact]
    public void A_batch_is_clean_or_says_what_is_not()
    {
        var validation = new BatchValidation(null);
        validation.Check(0, [1, -2, 0.5f]).ShouldBe(new BatchFindings(0, 0, 0, 0, 2, true));
        validation.Check(1, [float.NaN, float.PositiveInfinity, 1], [float.NaN]).ShouldBe(new BatchFindings(1, 1, 1, 0, double.PositiveInfinity, false));
        validation.Check(2, [-101]).ShouldBe(new BatchFindings(0, 0, 0, 0, 101, false));
    }
}
