using System.Runtime.InteropServices;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>A point as detectors get it, after its series has taken it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Point(long Step, double Value);

/// <summary>
/// One detector: sees the points of the series whose roles it asked for, raises and clears signals. A deterministic function of
/// those points, of the run's state and of its options; whatever it remembers goes through <see cref="Sync"/>.
/// </summary>
internal abstract class Detector
{
    /// <summary>True for the few that still look once the parameters are NaN: everything else would judge ruins.</summary>
    public virtual bool SeesPoisoned => false;

    public abstract void Look(RunContext run, SeriesState series, in Point point);

    public virtual void Sync(StateStream s)
    {
    }
}

/// <summary>A row of the catalogue: which conditions a detector raises, which series it sees, how it is made.</summary>
/// <param name="Detector">Name of the detector's class; its tests are <c>…Tests</c>.</param>
/// <param name="Ids">The conditions it can raise, each with a page in <c>docs/diagnoses</c>.</param>
/// <param name="Roles">The series it sees.</param>
/// <param name="PerRun">One instance for the run rather than one a series.</param>
/// <param name="Create">Makes one.</param>
internal sealed record DetectorEntry(string Detector, string[] Ids, RoleKind[] Roles, bool PerRun, Func<AnalyzerOptions, Detector> Create);
