using Tracker.Core.Diagnosis.Causes;
using Tracker.Core.Diagnosis.Engine;
using Tracker.Core.Series;

namespace Tracker.Core.Diagnosis;

/// <summary>
/// Diagnoses one run as its batches come: a pure fold over the canonical order, with no clock and no I/O, so that a replay of the stored run
/// says the same as was said live. Not thread-safe; one analyzer a run.
/// </summary>
/// <remarks>
/// Columns must carry the names of their series. Within a batch points are folded by step, and within a step by the order in which
/// the series first appeared in the run; events stand before the points of their step, events without a step before all.
/// </remarks>
public sealed class RunAnalyzer
{
    /// <summary>Version of the rules and of the saved state: raise it with every change that makes a replay differ.</summary>
    public const int Version = 1;

    private readonly string _run;
    private readonly AnalyzerOptions _options;
    private readonly RunContext _context = new();
    private readonly DiagnosisBook _book;
    private readonly List<SeriesState> _series = [];
    private readonly Dictionary<string, SeriesState> _byName = new(StringComparer.Ordinal);
    private readonly Detector?[] _runDetectors = new Detector?[DetectorCatalogue.Entries.Length];

    /// <param name="runId">Id of the run; the ids of its diagnoses are made from it.</param>
    /// <param name="options">Thresholds; the defaults where null.</param>
    public RunAnalyzer(string runId, AnalyzerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(runId);
        _run = runId;
        _options = options ?? new AnalyzerOptions();
        _book = new DiagnosisBook(runId);
    }

    /// <summary>All diagnoses so far, in the order in which they were raised, each in its latest state.</summary>
    public IReadOnlyList<RunDiagnosis> Diagnoses => _book.Diagnoses;

    /// <summary>Points not folded because their step was not above their series' last one.</summary>
    public long LatePoints => _series.Sum(s => s.Late);

    /// <summary>Folds the next batch of the run.</summary>
    /// <param name="batch">Batches must come in the order of their sequence, each once.</param>
    /// <returns>What happened to diagnoses, in order; often nothing.</returns>
    public IReadOnlyList<DiagnosisEvent> Fold(StoredBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var events = new List<DiagnosisEvent>();
        foreach (var (step, series, value, happening) in new CanonicalOrder(batch.Batch, Admit))
        {
            if (happening is not null) Take(happening);
            else Take(series!, batch.Writer, step, value, events);
        }
        return events;
    }

    /// <summary>The state, to go on from with <see cref="Load"/>.</summary>
    public byte[] Save()
    {
        using var bytes = new MemoryStream();
        using (var stream = new StateStream(bytes, loading: false))
        {
            var version = Version;
            stream.Sync(ref version);
            Sync(stream);
        }
        return bytes.ToArray();
    }

    /// <summary>An analyzer as it was when it was saved, or null when the state is of another version or damaged: fold the run from its start then.</summary>
    public static RunAnalyzer? Load(string runId, ReadOnlySpan<byte> state, AnalyzerOptions? options = null)
    {
        using var bytes = new MemoryStream(state.ToArray());
        using var stream = new StateStream(bytes, loading: true);
        try
        {
            var version = 0;
            stream.Sync(ref version);
            if (version != Version) return null;
            var analyzer = new RunAnalyzer(runId, options);
            analyzer.Sync(stream);
            return bytes.Position == bytes.Length ? analyzer : null;
        }
        catch (Exception damaged) when (damaged is IOException or FormatException or OutOfMemoryException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    private void Take(RunEvent happening)
    {
        if (happening.Kind == "config") _context.Hints.Read(happening.Data);
        else if (happening.Kind == "resume") _context.Resume();
    }

    private void Take(SeriesState series, int writer, long step, double value, List<DiagnosisEvent> events)
    {
        if (!series.Admit(step, writer, _context.Generation)) return;
        _context.Add(series, step, value);
        if (series.Detectors.Count == 0) return;
        var point = new Point(step, value);
        var poisoned = _context.IsPoisoned;
        foreach (var detector in series.Detectors)
        {
            if (!poisoned || detector.SeesPoisoned) detector.Look(_context, series, point);
        }
        if (_context.Signals.HasChanges) _book.Flush(_context, events);
    }

    private SeriesState Admit(string name)
    {
        if (_byName.TryGetValue(name, out var known)) return known;
        var series = new SeriesState(_series.Count, name, SeriesRoles.Recognize(name));
        _series.Add(series);
        _byName.Add(name, series);
        _context.Enlist(series);
        if (series.Role is not { Rank: 0 } role) return series;
        for (var i = 0; i < DetectorCatalogue.Entries.Length; i++)
        {
            var entry = DetectorCatalogue.Entries[i];
            if (!entry.Roles.Contains(role.Kind)) continue;
            series.Detectors.Add(entry.PerRun ? _runDetectors[i] ??= entry.Create(_options) : entry.Create(_options));
        }
        return series;
    }

    private void Sync(StateStream stream)
    {
        var count = _series.Count;
        stream.Sync(ref count);
        for (var i = 0; i < count; i++)
        {
            var series = stream.IsLoading ? Admit(stream.SyncText("")) : _series[i];
            if (!stream.IsLoading) stream.SyncText(series.Name);
            series.Sync(stream);
            foreach (var detector in series.Detectors)
            {
                if (Array.IndexOf(_runDetectors, detector) < 0) detector.Sync(stream);
            }
        }
        foreach (var detector in _runDetectors) detector?.Sync(stream);
        _context.Sync(stream);
        _book.Sync(stream);
    }
}
