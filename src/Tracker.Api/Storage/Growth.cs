using System.Collections.Concurrent;

namespace Tracker.Api.Storage;

/// <summary>
/// Hints that something grew: a key is raised, subscribers are called, and a miss is never wrong, since everyone who listens also sweeps.
/// Callbacks run on the raiser's thread and must not block.
/// </summary>
public abstract class GrowthHints
{
    private readonly ConcurrentDictionary<object, Action<long>> subscribers = new();

    /// <summary>Tells the other nodes, where there are any.</summary>
    internal Action<long>? Tell { get; set; }

    /// <summary>Calls <paramref name="grew"/> for each hint until the answer is disposed of.</summary>
    public IDisposable Subscribe(Action<long> grew)
    {
        var subscription = new Subscription(this);
        subscribers[subscription] = grew;
        return subscription;
    }

    /// <summary>Something of this key was committed by this process.</summary>
    public void Raise(long key)
    {
        Tell?.Invoke(key);
        Spread(key);
    }

    /// <summary>A hint that came from another node.</summary>
    internal void Spread(long key)
    {
        foreach (var grew in subscribers.Values) grew(key);
    }

    private sealed class Subscription(GrowthHints owner) : IDisposable
    {
        public void Dispose() => owner.subscribers.TryRemove(this, out _);
    }
}

/// <summary>A run's journal grew, or its row changed. Keys are run keys.</summary>
public sealed class RunGrowth : GrowthHints;

/// <summary>Something with a number of the project's counter was written: a run's row, a diagnosis, an alert. Keys are project keys.</summary>
public sealed class ProjectGrowth : GrowthHints;
