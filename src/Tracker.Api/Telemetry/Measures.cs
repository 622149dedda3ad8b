using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tracker.Api.Storage;

namespace Tracker.Api.Telemetry;

/// <summary>What the server measures of itself, under the meter <c>Tracker</c>; listed in docs/operations.md. Costs nothing while nobody listens.</summary>
public static class Measures
{
    public const string Name = "Tracker";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Points = Meter.CreateCounter<long>("tracker.ingest.points", "{point}", "Points acknowledged.");
    private static readonly Counter<long> Batches = Meter.CreateCounter<long>("tracker.ingest.batches", "{batch}", "Batches answered, by outcome.");
    private static readonly Histogram<double> Appends = Meter.CreateHistogram<double>("tracker.ingest.duration", "s", "From a decoded batch to its durable acknowledgement.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    /// <summary>Notes one answer of the journal.</summary>
    public static void Appended(AppendOutcome outcome, int points, long began)
    {
        if (!Batches.Enabled) return;
        Batches.Add(1, new KeyValuePair<string, object?>("outcome", Word(outcome)));
        if (outcome == AppendOutcome.Stored) Points.Add(points);
        Appends.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Gauges that are asked for their values.</summary>
    internal static void Observe(Func<long> waitingBytes, Func<int> watched)
    {
        Meter.CreateObservableGauge("tracker.ingest.waiting", waitingBytes, "By", "Batches between their receipt and their commit.");
        Meter.CreateObservableGauge("tracker.live.watched", watched, "{run}", "Runs and projects that browsers on this node follow.");
    }

    private static string Word(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Stored => "stored",
        AppendOutcome.Seen => "seen",
        AppendOutcome.Busy => "busy",
        AppendOutcome.Unavailable => "unavailable",
        AppendOutcome.Gap or AppendOutcome.OtherFirstBatch => "conflict",
        AppendOutcome.UnknownRun or AppendOutcome.DeletedRun => "unknown",
        _ => "refused",
    };
}
