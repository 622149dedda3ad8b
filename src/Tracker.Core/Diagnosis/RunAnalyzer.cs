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
public sealed partial class RunAnalyzer : IItemSink
{
    /// <summary>Version of the rules and of the saved state: raise it with every change that makes a replay differ.</summary>
    public const int Version = 15;

    private const int ReviewPoints = 50;

    private readonly Func<string, AnalyzerOptions?>? _optionsOf;
    private AnalyzerOptions _options;
    private string _optionsText = "";
    private readonly RunContext _context = new();
    private readonly DiagnosisBook _book;
    private readonly List<SeriesState> _series = [];
    private readonly Dictionary<string, SeriesState> _byName = new(StringComparer.Ordinal);
    private readonly DetectorEntry[] _entries;
    private readonly Detector?[] _runDetectors;
    private readonly Dictionary<string, List<Detector>> _noticing = new(StringComparer.Ordinal);
    private readonly List<Detector> _reviewing = [];
    private readonly CanonicalOrder _order = new();
    private List<DiagnosisEvent>? _events;
    private int _writer;
    private long _reviewedAt;
    private int _rolesVersion;

    /// <param name="runId">Id of the run; the ids of its diagnoses are made from it.</param>
    /// <param name="options">Thresholds; the defaults where null. Given ones stand whatever the run's <c>options</c> events say.</param>
    /// <param name="optionsOf">Reads the thresholds in the data of an <c>options</c> event, null where they cannot be read; without it such events change nothing.</param>
    public RunAnalyzer(string runId, AnalyzerOptions? options = null, Func<string, AnalyzerOptions?>? optionsOf = null)
        : this(runId, options, DetectorCatalogue.Entries, optionsOf)
    {
    }

    internal RunAnalyzer(string runId, AnalyzerOptions? options, DetectorEntry[] entries, Func<string, AnalyzerOptions?>? optionsOf = null)
    {
        ArgumentNullException.ThrowIfNull(runId);
        _options = options ?? new AnalyzerOptions();
        _optionsOf = options is null ? optionsOf : null;
        _book = new DiagnosisBook(runId);
        _entries = entries;
        _runDetectors = new Detector?[entries.Length];
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].IsMadeWithRun) _runDetectors[i] = entries[i].Create(_options);
        }
        Wire();
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
        _events = null;
        _writer = batch.Writer;
        _order.Walk(batch.Batch, this);
        return (IReadOnlyList<DiagnosisEvent>?)_events ?? [];
    }

    /// <summary>The state, to go on from with <see cref="Load(string, ReadOnlySpan{byte}, AnalyzerOptions?, Func{string, AnalyzerOptions?}?)"/>.</summary>
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
    public static RunAnalyzer? Load(string runId, ReadOnlySpan<byte> state, AnalyzerOptions? options = null, Func<string, AnalyzerOptions?>? optionsOf = null) =>
        Load(runId, state, options, DetectorCatalogue.Entries, optionsOf);

    internal static RunAnalyzer? Load(string runId, ReadOnlySpan<byte> state, AnalyzerOptions? options, DetectorEntry[] entries, Func<string, AnalyzerOptions?>? optionsOf = null)
    {
        using var bytes = new MemoryStream(state.ToArray());
        using var stream = new StateStream(bytes, loading: true);
        try
        {
            var version = 0;
            stream.Sync(ref version);
            if (version != Version) return null;
            var analyzer = new RunAnalyzer(runId, options, entries, optionsOf);
            analyzer.Sync(stream);
            return bytes.Position == bytes.Length ? analyzer : null;
        }
        catch (Exception damaged) when (damaged is IOException or FormatException or OutOfMemoryException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    SeriesState? IItemSink.Find(string name) => _byName.GetValueOrDefault(name);

    SeriesState IItemSink.Admit(string name, bool histogram) => Admit(name, histogram);

    void IItemSink.Take(RunEvent happening)
    {
        if (happening.Kind == "config")
        {
            _context.Hints.Read(happening.Data);
            if (_rolesVersion != _context.Hints.RolesVersion) Reassign();
        }
        else if (happening.Kind == "options")
        {
            Retune(happening.Data ?? "");
        }
        else if (happening.Kind == "resume")
        {
            _context.Resume();
        }
        if (_noticing.TryGetValue(happening.Kind, out var detectors))
        {
            var seen = new Happening(happening, happening.Step ?? _context.Step);
            foreach (var detector in detectors) detector.Notice(_context, seen);
        }
        if (happening.Kind == "finish")
        {
            _context.Finish();
            foreach (var detector in _reviewing) detector.End(_context);
        }
        Flush();
    }

    void IItemSink.Take(SeriesState series, in Point point)
    {
        if (!series.Admit(point.Step, _writer, _context.Generation)) return;
        _context.Add(series, point.Step, point.Value, point.Time);
        if (series.Detectors.Length > 0)
        {
            var poisoned = _context.IsPoisoned;
            foreach (var detector in series.Detectors)
            {
                if (!poisoned || detector.SeesPoisoned) detector.Look(_context, series, point);
            }
        }
        if (ReferenceEquals(series, _context.Loss ?? _series[0])) Review(series);
        Flush();
    }

    void IItemSink.Take(SeriesState series, HistogramPoint histogram)
    {
        if (!series.Admit(histogram.Step, _writer, _context.Generation)) return;
        var shape = new HistogramShape(histogram.Step, histogram.Time, histogram.Edges, histogram.Counts);
        _context.Add(series, shape);
        if (!_context.IsPoisoned)
        {
            foreach (var detector in series.Detectors) detector.Look(_context, series, shape);
        }
        Flush();
    }

    private void Flush()
    {
        if (_context.Signals.HasChanges) _book.Flush(_context, _events ??= []);
    }

    /// <summary>Every 50 points of the loss (of the first series where there is none), fewer where it is logged seldom.</summary>
    private void Review(SeriesState series)
    {
        var since = series.Count - _reviewedAt;
        if (since >= 0 && (since < ReviewPoints && (since < 5 || since < _context.Window(series, ReviewPoints)))) return;
        _reviewedAt = series.Count;
        foreach (var detector in _reviewing) detector.Review(_context);
    }

    private SeriesState Admit(string name, bool histogram)
    {
        if (_byName.TryGetValue(name, out var known)) return known;
        var series = new SeriesState(_series.Count, name, RoleBook.Of(_context.Hints, name, histogram), histogram);
        _series.Add(series);
        Enlist(series);
        return series;
    }

    private void Enlist(SeriesState series)
    {
        _byName[series.Name] = series;
        _context.Enlist(series);
        if (series.Role is not { } role) return;
        series.Detectors = [.. EntriesOf(role).Select(i => IsShared(_entries[i]) ? _runDetectors[i] ??= _entries[i].Create(_options) : _entries[i].Create(_options))];
    }

    /// <summary>Roles set by hand while the run goes on: a series whose role changes starts anew, and what was raised on it is withdrawn.</summary>
    private void Reassign()
    {
        _rolesVersion = _context.Hints.RolesVersion;
        for (var i = 0; i < _series.Count; i++)
        {
            var before = _series[i];
            var role = RoleBook.Of(_context.Hints, before.Name, before.IsHistogram);
            if (role == before.Role) continue;
            foreach (var signal in _context.Signals.Signals.Where(s => s.Active && s.Series == before.Name).ToList()) _context.Signals.Clear(signal.Id, signal.Series);
            _context.Delist(before);
            _series[i] = new SeriesState(i, before.Name, role, before.IsHistogram);
            Enlist(_series[i]);
        }
        _order.Forget(this);
    }

    private void Sync(StateStream stream)
    {
        // The roles of series depend on the config, so it comes first.
        _context.SyncHints(stream);
        var options = stream.SyncText(_optionsText);
        if (stream.IsLoading && options.Length > 0) Retune(options);
        stream.Sync(ref _rolesVersion);
        stream.Sync(ref _reviewedAt);
        var count = _series.Count;
        stream.Sync(ref count);
        for (var i = 0; i < count; i++)
        {
            var name = stream.SyncText(stream.IsLoading ? "" : _series[i].Name);
            var histogram = !stream.IsLoading && _series[i].IsHistogram;
            stream.Sync(ref histogram);
            var series = stream.IsLoading ? Admit(name, histogram) : _series[i];
            series.Sync(stream);
            foreach (var detector in series.Detectors)
            {
                if (Array.IndexOf(_runDetectors, detector) < 0) detector.Sync(stream);
            }
        }
        for (var i = 0; i < _runDetectors.Length; i++)
        {
            // A detector outlives the series for which it was made, where that has lost its role.
            var made = _runDetectors[i] is not null;
            stream.Sync(ref made);
            if (made) (_runDetectors[i] ??= _entries[i].Create(_options)).Sync(stream);
        }
        _context.Sync(stream);
        _book.Sync(stream);
    }
}
