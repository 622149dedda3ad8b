using Npgsql;
using Tracker.Api.Series;
using Tracker.Api.Storage;
using Tracker.Core.Alerts;
using Tracker.Core.Alerts.Drawing;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Alerts;

/// <summary>Draws the curve that an alert speaks of, some way before the onset to the newest point, with the evidence marked.</summary>
public sealed partial class AlertPictures(RunCatalog runs, ChartReader charts, ILogger<AlertPictures> log)
{
    private const int Columns = 200;

    private byte[]? sample;

    /// <summary>The evidence whose curve is drawn: the first that names a range of steps. Null where the alert has none.</summary>
    public static Evidence? SeriesOf(AlertMessage message) => message.Evidence.FirstOrDefault(evidence => evidence.Series.Length > 0);

    /// <summary>The PNG; null where there is no curve. Never throws for what the store lacks: a message without its picture is better than none.</summary>
    public async Task<byte[]?> RenderAsync(Alert alert, CancellationToken cancel)
    {
        try
        {
            if (SeriesOf(alert.Data) is not { } evidence || await runs.FindAsync(alert.Data.Run, cancel) is not { } run) return null;
            var span = Math.Max(alert.Data.Step - alert.Data.OnsetStep, 40);
            var shape = new ChartShape(Columns, Math.Max(0, alert.Data.OnsetStep - (3.0 * span)), alert.Data.Step + (double)span, AxisScale.Linear, null);
            var (_, chart) = await charts.ReadAsync(run, new ChartQuery([evidence.Series], "step", shape), cancel);
            var series = chart.Series[0];
            if (series.X.Length == 0 && series.NonFinite.Count == 0) return null;
            return CurvePicture.Render(new Curve
            {
                Title = $"{evidence.Series} · {alert.Data.RunName}".Replace('·', '-'),
                X = [.. series.X],
                Y = [.. series.Y],
                NonFinite = [.. series.NonFinite.Select(point => point.X)],
                Onset = alert.Data.OnsetStep,
                Evidence = (evidence.FromStep, evidence.ToStep),
                Threshold = evidence.Threshold is { } threshold && double.IsFinite(threshold) && IsOfValue(evidence) ? threshold : null,
            });
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException or ArgumentException or IOException or InvalidDataException)
        {
            LogNoPicture(alert.Id, error.Message);
            return null;
        }
    }

    /// <summary>A picture for tests of channels.</summary>
    public byte[] Sample() => sample ??= CurvePicture.Render(new Curve
    {
        Title = "train/loss - a sample",
        X = [.. Enumerable.Range(0, 120).Select(step => (double)step)],
        Y = [.. Enumerable.Range(0, 120).Select(step => step < 90 ? 2.3 * Math.Exp(-step / 30.0) : 0.12 + ((step - 90) * 0.05))],
        Onset = 90,
        Evidence = (90, 119),
    });

    /// <summary>A threshold is drawn where it is one of the curve's own values: where what was measured lies in the curve's own units.</summary>
    private static bool IsOfValue(Evidence evidence) =>
        evidence.Statistic.StartsWith("value", StringComparison.OrdinalIgnoreCase) || evidence.Statistic.StartsWith("last", StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(5020, LogLevel.Debug, "Alert {Alert} goes without its picture: {Reason}")]
    private partial void LogNoPicture(Guid alert, string reason);
}
