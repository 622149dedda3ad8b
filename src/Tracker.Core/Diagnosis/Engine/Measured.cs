namespace Tracker.Core.Diagnosis.Engine;

/// <summary>A figure of the run that several detectors and causes ask for at the same point: measured once, forgotten with the next point.</summary>
internal sealed class Measured
{
    private double? _value;
    private long _at = -1;

    public double? Get(RunContext run, Func<RunContext, double?> measure)
    {
        if (_at == run.Points) return _value;
        (_value, _at) = (measure(run), run.Points);
        return _value;
    }
}
