using System.Diagnostics.Metrics;

namespace Tracker.Api.Alerts;

/// <summary>What the server measures of deliveries, under the meter <c>Tracker</c>; listed in docs/operations.md. Costs nothing while nobody listens.</summary>
internal static class DeliveryMeasures
{
    private static readonly Meter Meter = new("Tracker");

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("tracker.alerts.attempts", "{attempt}", "Attempts to deliver an alert, by outcome and kind of channel.");
    private static readonly Histogram<double> Delays = Meter.CreateHistogram<double>("tracker.alerts.delay", "s", "From the writing of an alert to its delivery.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400] });

    /// <summary>Notes an attempt.</summary>
    /// <param name="kind">Kind of the channel.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="isGivenUp">Whether the delivery is a dead letter now.</param>
    /// <param name="delay">Since the alert was written.</param>
    public static void Attempted(string kind, DeliveryResult result, bool isGivenUp, TimeSpan delay)
    {
        if (!Attempts.Enabled) return;
        var delivered = result.Outcome == DeliveryOutcome.Delivered;
        Attempts.Add(1, new("outcome", delivered ? "delivered" : isGivenUp ? "dead" : "failed"), new("channel", kind));
        if (delivered) Delays.Record(Math.Max(0, delay.TotalSeconds), new KeyValuePair<string, object?>("channel", kind));
    }
}
