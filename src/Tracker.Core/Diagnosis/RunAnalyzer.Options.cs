using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>
/// Thresholds that change while the run goes on: an <c>options</c> event makes every detector anew with them and hands it what the old one had
/// seen, so that what was raised stays and what comes is judged by the new ones, live or replayed.
/// </summary>
public sealed partial class RunAnalyzer
{
    private void Retune(string text)
    {
        if (text == _optionsText || _optionsOf?.Invoke(text) is not { } options) return;
        (_options, _optionsText) = (options, text);
        var shared = new Dictionary<Detector, Detector>();
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_runDetectors[i] is { } before) shared[before] = _runDetectors[i] = Successor(before, _entries[i].Create(options));
        }
        Wire();
        foreach (var series in _series)
        {
            if (series.Role is not { } role) continue;
            series.Detectors = [.. EntriesOf(role).Zip(series.Detectors, (i, before) => shared.GetValueOrDefault(before) ?? Successor(before, _entries[i].Create(options)))];
        }
    }

    /// <summary>Which detectors of the run notice which events, and which review it.</summary>
    private void Wire()
    {
        _noticing.Clear();
        _reviewing.Clear();
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i] is not { IsMadeWithRun: true } entry || _runDetectors[i] is not { } detector) continue;
            if (entry.Reviews) _reviewing.Add(detector);
            foreach (var kind in entry.Events)
            {
                if (!_noticing.TryGetValue(kind, out var list)) _noticing.Add(kind, list = []);
                list.Add(detector);
            }
        }
    }

    /// <summary>The entries that see a series of a role, in the order of the catalogue.</summary>
    private IEnumerable<int> EntriesOf(SeriesRole role) =>
        Enumerable.Range(0, _entries.Length).Where(i => _entries[i].Roles.Contains(role.Kind) && (role.Rank == 0 || _entries[i].SeesRanks));

    private static bool IsShared(DetectorEntry entry) => entry.PerRun || entry.IsMadeWithRun;

    private static Detector Successor(Detector before, Detector after)
    {
        using var bytes = new MemoryStream();
        using (var saving = new StateStream(bytes, loading: false)) before.Sync(saving);
        bytes.Position = 0;
        using var loading = new StateStream(bytes, loading: true);
        after.Sync(loading);
        return after;
    }
}
