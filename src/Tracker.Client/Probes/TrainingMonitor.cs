using System.Globalization;

namespace Tracker.Client.Probes;

/// <summary>What a <see cref="TrainingMonitor"/> has seen.</summary>
/// <param name="FinalLoss">The last that was a number; NaN before.</param>
/// <param name="LeastLoss">The least; NaN before the first.</param>
/// <param name="MeanGradientNorm">Over all steps with a finite loss; NaN before the first.</param>
/// <param name="ClipFrequency">Share of the steps whose norm reached the threshold.</param>
/// <param name="NanEvents">Steps whose loss was not finite.</param>
public sealed record MonitorSummary(double FinalLoss, double LeastLoss, double MeanGradientNorm, double ClipFrequency, int NanEvents);

/// <summary>How a <see cref="TrainingMonitor"/> watches.</summary>
public sealed class MonitorOptions
{
    /// <summary>Steps between two lines on the console; 0: none. Default: 100.</summary>
    public int PrintEvery { get; init; } = 100;

    /// <summary>Steps over which the trend of the loss is taken. Default: 200.</summary>
    public int Window { get; init; } = 200;

    /// <summary>Threshold of the gradient norm; null: nothing is clipped.</summary>
    public double? MaxNorm { get; init; }

    /// <summary>Searched for NaN after three losses in a row that are not finite; null: not searched.</summary>
    public Func<IEnumerable<NamedTensor>>? Parameters { get; init; }

    /// <summary>As <see cref="Parameters"/>: running statistics and the like.</summary>
    public Func<IEnumerable<NamedTensor>>? Buffers { get; init; }

    /// <summary>Where the lines go. Default: the console.</summary>
    public TextWriter? Output { get; init; }
}

/// <summary>
/// Watches a training in one call a step, after the backward pass and before the optimizer's step: logs loss, norm, rate and clipping, prints a line
/// now and then, and hunts for NaN when the loss is none three times in a row.
/// </summary>
public sealed class TrainingMonitor(TrackerRun? run, MonitorOptions? options = null)
{
    private const int NanInARow = 3;

    private readonly MonitorOptions _options = options ?? new MonitorOptions();
    private readonly Queue<double> _losses = new();
    private double _last = double.NaN;
    private double _least = double.NaN;
    private double _norms;
    private int _steps;
    private int _clipped;
    private int _nans;
    private int _nansInARow;

    /// <summary>Change of the loss over the window; NaN while there are fewer than ten losses.</summary>
    public double Trend => _losses.Count < 10 ? double.NaN : _last - _losses.Peek();

    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="loss">Of this batch.</param>
    /// <param name="gradientNorm">L2 norm of all gradients before clipping.</param>
    /// <param name="learningRate">In use; null: not logged.</param>
    /// <returns>False: the loss is not finite, leave the optimizer's step out.</returns>
    public bool Step(long step, double loss, double gradientNorm, double? learningRate = null)
    {
        var clipped = _options.MaxNorm is { } limit && gradientNorm > limit;
        Log(step, loss, gradientNorm, learningRate, clipped);
        if (!double.IsFinite(loss)) return OnNonFinite(step, loss);

        _nansInARow = 0;
        _last = loss;
        _least = loss < _least || double.IsNaN(_least) ? loss : _least;
        _losses.Enqueue(loss);
        if (_losses.Count > _options.Window) _losses.Dequeue();
        _steps++;
        _norms += gradientNorm;
        if (clipped) _clipped++;
        if (_options.PrintEvery > 0 && step % _options.PrintEvery == 0) Print(Line(step, loss, gradientNorm, learningRate, clipped));
        return true;
    }

    /// <summary>So far.</summary>
    public MonitorSummary Summary() => new(_last, _least, _steps == 0 ? double.NaN : _norms / _steps, _steps == 0 ? 0 : (double)_clipped / _steps, _nans);

    private bool OnNonFinite(long step, double loss)
    {
        _nans++;
        _nansInARow++;
        Print(string.Create(CultureInfo.InvariantCulture, $"step {step}: the loss is {loss} ({_nansInARow} in a row)"));
        if (_nansInARow != NanInARow || _options.Parameters is null) return false;
        var bad = new NanHunt(run).SearchTensors(step, _options.Parameters(), _options.Buffers?.Invoke());
        Print(bad.Count == 0 ? "  all parameters and buffers are finite: look at the batch" : $"  not finite: {string.Join(", ", bad.Take(ProbeLog.MostNames))}{(bad.Count > ProbeLog.MostNames ? $" and {bad.Count - ProbeLog.MostNames} more" : "")}");
        return false;
    }

    private void Log(long step, double loss, double norm, double? rate, bool clipped)
    {
        if (run is null) return;
        run.Log(step, ("train/loss", loss), ("grad_norm/total", norm));
        if (rate is { } given) run.Log(step, ("lr", given));
        if (_options.MaxNorm is { } limit) run.Log(step, ("clip/threshold", limit), ("clip/active", clipped ? 1 : 0));
    }

    private string Line(long step, double loss, double norm, double? rate, bool clipped)
    {
        var trend = double.IsNaN(Trend) ? "n/a" : Trend.ToString("+0.0000;-0.0000", CultureInfo.InvariantCulture);
        var line = string.Create(CultureInfo.InvariantCulture, $"step {step}: loss {loss:0.0000} trend({_options.Window}) {trend} grad_norm {norm:0.0000}{(clipped ? " [CLIPPED]" : "")}");
        if (_options.MaxNorm is not null) line += string.Create(CultureInfo.InvariantCulture, $" clip_freq {100.0 * _clipped / _steps:0.0} %");
        return rate is { } given ? line + string.Create(CultureInfo.InvariantCulture, $" lr {given:0.00e+00}") : line;
    }

    private void Print(string line) => (_options.Output ?? Console.Out).WriteLine(line);
}
