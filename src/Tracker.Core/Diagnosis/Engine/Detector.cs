using System.Runtime.InteropServices;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>A point as detectors get it, after its series has taken it.</summary>
/// <param name="Step">The step that it was logged for.</param>
/// <param name="Value">Any double, non-finite ones included.</param>
/// <param name="Time">Unix milliseconds, as the writer gave it: the only time that a detector may know.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Point(long Step, double Value, long Time = 0);

/// <summary>
/// One detector: sees what it asked for in the catalogue (points of series by role, histograms by role, events by kind, reviews),
/// raises and clears signals. A deterministic function of what it sees, of the run's state and of its options;
/// whatever it remembers goes through <see cref="Sync"/>.
/// </summary>
internal abstract class Detector
{
    /// <summary>True for the few that still look at points once the parameters are NaN: everything else would judge ruins.</summary>
    public virtual bool SeesPoisoned => false;

    /// <summary>A point of a scalar series of one of the entry's roles.</summary>
    public virtual void Look(RunContext run, SeriesState series, in Point point)
    {
    }

    /// <summary>A histogram of a series of one of the entry's roles.</summary>
    public virtual void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
    }

    /// <summary>An event of one of the entry's kinds, before the points of its step.</summary>
    public virtual void Notice(RunContext run, Happening happening)
    {
    }

    /// <summary>Where the entry says <see cref="DetectorEntry.Reviews"/>: about every 50 points of the loss, to look at the run as a whole and at what is absent.</summary>
    public virtual void Review(RunContext run)
    {
    }

    /// <summary>Where the entry says <see cref="DetectorEntry.Reviews"/>: the run has finished. Points of a spool may still follow.</summary>
    public virtual void End(RunContext run) => Review(run);

    public virtual void Sync(StateStream s)
    {
    }
}

/// <summary>A row of the catalogue: which conditions a detector raises, what it sees, how it is made.</summary>
/// <param name="Detector">Name of the detector's class; its tests are <c>…Tests</c>.</param>
/// <param name="Ids">The conditions it can raise, each with a page in <c>docs/diagnoses</c>.</param>
/// <param name="Roles">The series it sees, of scalars and of histograms.</param>
/// <param name="PerRun">One instance for the run rather than one a series.</param>
/// <param name="Create">Makes one.</param>
internal sealed record DetectorEntry(string Detector, string[] Ids, RoleKind[] Roles, bool PerRun, Func<AnalyzerOptions, Detector> Create)
{
    /// <summary>Kinds of events that it notices; it is made with the run then, one for the run.</summary>
    public string[] Events { get; init; } = [];

    /// <summary>Whether it reviews the run now and then and at its end; it is made with the run then, one for the run.</summary>
    public bool Reviews { get; init; }

    /// <summary>Whether it sees the series of ranks above 0 too.</summary>
    public bool SeesRanks { get; init; }

    /// <summary>Made before any series of its roles was seen.</summary>
    public bool IsMadeWithRun => Reviews || Events.Length > 0;
}
