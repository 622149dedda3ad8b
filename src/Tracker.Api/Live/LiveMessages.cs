using Tracker.Api.Analysis;
using Tracker.Api.Runs;

namespace Tracker.Api.Live;

/// <summary>Points of some series of a run, all that lies between two sequences.</summary>
/// <param name="Run">Id of the run.</param>
/// <param name="After">The message holds what came after this sequence,</param>
/// <param name="Sequence">up to and with this one. A watch that is begun anew with it misses nothing and gets nothing twice.</param>
/// <param name="Series">Columns in the order of arrival; empty when the batches held something else (events, series not watched).</param>
/// <param name="Late">Whether a point lies not above the last step that its series had before: it belongs among points already drawn.</param>
/// <param name="Events">Whether the batches held events: read them over REST.</param>
public sealed record PointsMessage(string Run, long After, long Sequence, IReadOnlyList<LiveColumns> Series, bool Late, bool Events);

/// <summary>Points of one series, three columns of equal length.</summary>
/// <param name="Name">Name of the series.</param>
/// <param name="Steps">Steps.</param>
/// <param name="Times">Unix milliseconds.</param>
/// <param name="Values">Values; <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c> where they are not finite.</param>
public sealed record LiveColumns(string Name, IReadOnlyList<long> Steps, IReadOnlyList<long> Times, IReadOnlyList<double> Values);

/// <summary>Histogram series that got new points; their bins are read over REST.</summary>
/// <param name="Run">Id of the run.</param>
/// <param name="Sequence">Sequence up to which this is known.</param>
/// <param name="Names">Names of the series.</param>
public sealed record HistogramsMessage(string Run, long Sequence, IReadOnlyList<string> Names);

/// <summary>The gap is too large to be pushed: read the run's data again. Pushes go on after the sequence.</summary>
/// <param name="Run">Id of the run.</param>
/// <param name="Sequence">Pushes go on after this sequence.</param>
public sealed record ResetMessage(string Run, long Sequence);

/// <summary>What <c>WatchRun</c> answers.</summary>
/// <param name="Sequence">Everything after this sequence will be pushed.</param>
/// <param name="Run">The run as it stands.</param>
/// <param name="Diagnoses">All its diagnoses.</param>
/// <param name="Reset">The gap from the asked sequence is too large: read the run's data again.</param>
public sealed record RunSnapshot(long Sequence, RunDto Run, IReadOnlyList<DiagnosisDto> Diagnoses, bool Reset);

/// <summary>What <c>WatchProject</c> answers.</summary>
/// <param name="ProjectSequence">Every change after this number of the project will be pushed.</param>
/// <param name="Runs">The newest runs, at most 200.</param>
/// <param name="Diagnoses">Its open diagnoses.</param>
public sealed record ProjectSnapshot(long ProjectSequence, IReadOnlyList<RunDto> Runs, IReadOnlyList<DiagnosisDto> Diagnoses);
