using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Diagnosis.Engine;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

public sealed class MiddleOfTests
{
    [Fact]
    public void It_is_the_median_whatever_the_order_and_the_repetitions() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<double>().Or(Gen.Choose(0, 5).Select(i => (double)i)).ArrayOf().ToArbitrary(), values =>
            Statistics.MiddleOf([.. values]).ShouldBe(Statistics.Median([.. values]))).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
