namespace Tracker.Core.Diagnosis.Engine;

/// <summary>What the probes in the training process said last, by the condition that read them; causes ask.</summary>
internal sealed class ProbeBook
{
    private readonly SortedDictionary<string, (bool Passed, long Step)> _results = new(StringComparer.Ordinal);

    /// <summary>Whether the last probe for a condition found nothing wrong; null where none came.</summary>
    public bool? Passed(string condition) => _results.TryGetValue(condition, out var result) ? result.Passed : null;

    public long StepOf(string condition) => _results.TryGetValue(condition, out var result) ? result.Step : 0;

    public void Set(string condition, bool passed, long step) => _results[condition] = (passed, step);

    public void Sync(StateStream s)
    {
        var count = _results.Count;
        s.Sync(ref count);
        if (s.IsLoading)
        {
            for (var i = 0; i < count; i++)
            {
                var condition = s.SyncText("");
                var (passed, step) = (false, 0L);
                s.Sync(ref passed);
                s.Sync(ref step);
                _results[condition] = (passed, step);
            }
            return;
        }
        foreach (var (condition, result) in _results)
        {
            s.SyncText(condition);
            var (passed, step) = result;
            s.Sync(ref passed);
            s.Sync(ref step);
        }
    }
}
