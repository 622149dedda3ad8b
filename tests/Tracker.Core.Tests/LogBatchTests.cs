using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests;

public sealed class LogBatchTests
{
    [Fact]
    public void Points_are_counted_over_scalars_and_histograms_but_not_events()
    {
        var batch = new LogBatch
        {
            Scalars = [new ScalarColumn("train/loss", [1, 2], [0, 0], [0.5, 0.4])],
            Histograms = [new HistogramPoint { Name = "grads/fc1", Step = 1, Time = 0, Edges = [0, 1], Counts = [3] }],
            Events = [new RunEvent { Kind = "note" }],
        };
        batch.PointCount.ShouldBe(3);
    }
}
