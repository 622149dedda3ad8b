using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class DebiasedEmaTests
{
    private static readonly Gen<double[]> Curves = Gen.OneOf(
        Gen.Choose(-1000, 1000).Select(i => i / 8.0),
        Gen.Elements(double.NaN, double.PositiveInfinity, double.NegativeInfinity)).ArrayOf();

    private static readonly Gen<double> Weights = Gen.Elements(0, 0.3, 0.6, 0.99, 0.999, 1);

    [Fact]
    public void It_is_the_weighted_mean_of_the_finite_values_so_far() => Checks.ForAll(Curves, Weights, (values, weight) =>
    {
        var ema = new DebiasedEma(weight);
        var finite = new List<double>();
        ema.Value.ShouldBe(double.NaN);
        foreach (var value in values)
        {
            ema.Add(value);
            if (double.IsFinite(value)) finite.Add(value);
            if (finite.Count == 0) continue;
            // Directly: value i of n has the weight w^(n-1-i), normalised.
            var weights = finite.Select((_, i) => weight == 0 ? (i == finite.Count - 1 ? 1.0 : 0.0) : Math.Pow(weight, finite.Count - 1 - i)).ToList();
            var expected = finite.Zip(weights, (v, w) => v * w).Sum() / weights.Sum();
            ema.Value.ShouldBe(expected, 1e-9 * (1 + finite.Max(Math.Abs)));
        }
    });

    [Fact]
    public void It_goes_on_from_its_state_to_the_last_bit() => Checks.ForAll(Curves, Gen.Choose(0, 100), (values, cut) =>
    {
        cut = Math.Min(cut, values.Length);
        var whole = new DebiasedEma();
        whole.Add(values);
        var first = new DebiasedEma();
        first.Add(values.AsSpan(0, cut));
        var second = new DebiasedEma(first.State);
        foreach (var value in values.AsSpan(cut)) second.Add(value);
        second.State.ShouldBe(whole.State);
        BitConverter.DoubleToInt64Bits(second.Value).ShouldBe(BitConverter.DoubleToInt64Bits(whole.Value));
    });

    [Fact]
    public void A_weight_outside_0_to_1_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new DebiasedEma(1.01));
        Should.Throw<ArgumentOutOfRangeException>(() => new DebiasedEma(double.NaN));
    }
}
