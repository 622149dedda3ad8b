using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>One series of one run: its number by first appearance, and its kind.</summary>
public sealed record SeriesEntry(int Id, string Name, SeriesKind Kind);

/// <summary>
/// The names of a run's series and their numbers. Entries are added and never changed, so what is kept here is always right,
/// only perhaps not complete; what is missing is asked of the database.
/// </summary>
public sealed class SeriesCatalog(NpgsqlDataSource database)
{
    private const int RunCapacity = 2_000;

    private readonly ConcurrentDictionary<long, RunSeries> runs = new();

    /// <summary>Numbers for the names, registering those that are new. A name is missing from the answer when the run has too many series.</summary>
    public async ValueTask<RunSeries> RegisterAsync(long runKey, IReadOnlyList<(string Name, SeriesKind Kind)> wanted, CancellationToken cancel)
    {
        var series = Get(runKey);
        List<(string Name, SeriesKind Kind)>? missing = null;
        foreach (var want in wanted)
        {
            if (series.Find(want.Name) is null) (missing ??= []).Add(want);
        }

        if (missing is null) return series;
        await using var command = database.CreateCommand("select name, series_id, kind from tracker_register_series($1, $2, $3, $4)");
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(missing.Select(m => m.Name).ToArray());
        command.Parameters.Add(new NpgsqlParameter<short[]> { TypedValue = missing.Select(m => (short)m.Kind).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.AddWithValue(SeriesLimits.MaxSeriesPerRun);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            series.Add(new SeriesEntry(reader.GetInt32(1), reader.GetString(0), (SeriesKind)reader.GetInt16(2)));
        }

        return series;
    }

    /// <summary>What is known of a run's series without asking anyone.</summary>
    public RunSeries KnownOf(long runKey) => Get(runKey);

    /// <summary>All series of a run that have been registered by now.</summary>
    public async Task<RunSeries> LoadAsync(long runKey, CancellationToken cancel)
    {
        var series = Get(runKey);
        await using var command = database.CreateCommand("select name, series_id, kind from series where run_key = $1");
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            series.Add(new SeriesEntry(reader.GetInt32(1), reader.GetString(0), (SeriesKind)reader.GetInt16(2)));
        }

        return series;
    }

    /// <summary>The run's series, complete up to every number below <paramref name="count"/>.</summary>
    public async ValueTask<RunSeries> EnsureAsync(long runKey, int count, CancellationToken cancel)
    {
        var series = Get(runKey);
        return series.CompleteUpTo(count) ? series : await LoadAsync(runKey, cancel);
    }

    public void Forget(long runKey) => runs.TryRemove(runKey, out _);

    private RunSeries Get(long runKey)
    {
        if (runs.TryGetValue(runKey, out var found)) return found;
        if (runs.Count >= RunCapacity) runs.Clear();
        return runs.GetOrAdd(runKey, _ => new RunSeries());
    }
}

/// <summary>The known series of one run, by name and by number.</summary>
public sealed class RunSeries
{
    private readonly ConcurrentDictionary<string, SeriesEntry> byName = new(StringComparer.Ordinal);
    private readonly Lock adding = new();
    private volatile SeriesEntry?[] byNumber = [];
    private volatile int known;

    /// <summary>In order of their numbers.</summary>
    public IEnumerable<SeriesEntry> All => byNumber.OfType<SeriesEntry>();

    public SeriesEntry? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>As <see cref="Find(string)"/>; at once when the guessed number is that of the name, as it mostly is where batches name their series in one order.</summary>
    public SeriesEntry? Find(string name, int guess) => Find(guess) is { } guessed && string.Equals(guessed.Name, name, StringComparison.Ordinal) ? guessed : Find(name);

    public SeriesEntry? Find(int number)
    {
        var entries = byNumber;
        return (uint)number < (uint)entries.Length ? entries[number] : null;
    }

    /// <summary>Name of a number; empty when it is not known here.</summary>
    public string NameOf(int number) => Find(number)?.Name ?? "";

    public bool CompleteUpTo(int count) => known >= count;

    internal void Add(SeriesEntry entry)
    {
        byName[entry.Name] = entry;
        lock (adding)
        {
            var entries = byNumber;
            if (entry.Id >= entries.Length) Array.Resize(ref entries, Math.Max(entry.Id + 1, entries.Length * 2));
            if (entries[entry.Id] is null) known++;
            entries[entry.Id] = entry;
            byNumber = entries;
        }
    }
}
