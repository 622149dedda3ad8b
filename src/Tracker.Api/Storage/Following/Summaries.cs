using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>The summaries of one run: what the table holds, folded on with the batches since.</summary>
public sealed class Summaries
{
    /// <summary>By number of the series.</summary>
    private Entry?[] series = [];

    public bool IsDirty { get; private set; }

    /// <summary>In order of the series' numbers, which are the keys.</summary>
    public IEnumerable<KeyValuePair<int, (string Name, SeriesSummary Summary)>> Series =>
        series.OfType<Entry>().Select(entry => KeyValuePair.Create(entry.Id, (entry.Name, entry.Summary)));

    /// <summary>The columns that <see cref="AddRow"/> reads, in its order.</summary>
    public const string Columns = "series_id, name, kind, count, non_finite, late, repeated, first_step, last_step, first_time, last, min, max, sum";

    public void AddRow(NpgsqlDataReader reader, int first = 0)
    {
        double? Value(int column) => reader.IsDBNull(first + column) ? null : reader.GetDouble(first + column);
        Set(new Entry(reader.GetInt32(first), reader.GetString(first + 1), new SeriesSummary
        {
            Kind = (SeriesKind)reader.GetInt16(first + 2),
            Count = reader.GetInt64(first + 3),
            NonFinite = reader.GetInt64(first + 4),
            Late = reader.GetInt64(first + 5),
            Repeated = reader.GetInt64(first + 6),
            FirstStep = reader.GetInt64(first + 7),
            LastStep = reader.GetInt64(first + 8),
            FirstTime = reader.GetInt64(first + 9),
            Last = Value(10),
            Min = Value(11),
            Max = Value(12),
            Sum = reader.GetDouble(first + 13),
        }));
    }

    public void Add(LogBatch batch)
    {
        foreach (var column in batch.Scalars)
        {
            if (column.Count > 0) Of(column.SeriesId, column.Name, SeriesKind.Scalar).Add(column);
        }

        foreach (var histogram in batch.Histograms) Of(histogram.SeriesId, histogram.Name, SeriesKind.Histogram).Add(histogram);
    }

    /// <summary>Writes the rows that changed since the last call.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RunRef run, CancellationToken cancel)
    {
        if (!IsDirty) return;
        var rows = series.OfType<Entry>().Where(entry => entry.IsDirty).ToArray();
        await using var command = new NpgsqlCommand($"""
            with written as (
              insert into summaries (run_key, project_key, {Columns})
              select $1, $2, * from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
              on conflict (run_key, series_id) do update set count = excluded.count, non_finite = excluded.non_finite, late = excluded.late,
                repeated = excluded.repeated, first_step = excluded.first_step, last_step = excluded.last_step, first_time = excluded.first_time, last = excluded.last,
                min = excluded.min, max = excluded.max, sum = excluded.sum)
            insert into run_steps as steps (run_key, last_step) select $1, $17 where $17 is not null
            on conflict (run_key) do update set last_step = excluded.last_step where steps.last_step <> excluded.last_step
            """, connection, transaction);
        command.Parameters.AddWithValue(run.RunKey);
        command.Parameters.AddWithValue(run.ProjectKey);
        void Column<T>(Func<Entry, T> value, NpgsqlDbType? type = null)
        {
            var parameter = new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(value)] };
            if (type is { } known) parameter.NpgsqlDbType = NpgsqlDbType.Array | known;
            command.Parameters.Add(parameter);
        }

        Column(row => row.Id);
        Column(row => row.Name);
        Column(row => (short)row.Summary.Kind, NpgsqlDbType.Smallint);
        Column(row => row.Summary.Count);
        Column(row => row.Summary.NonFinite);
        Column(row => row.Summary.Late);
        Column(row => row.Summary.Repeated);
        Column(row => row.Summary.FirstStep);
        Column(row => row.Summary.LastStep);
        Column(row => row.Summary.FirstTime);
        Column(row => row.Summary.Last, NpgsqlDbType.Double);
        Column(row => row.Summary.Min, NpgsqlDbType.Double);
        Column(row => row.Summary.Max, NpgsqlDbType.Double);
        Column(row => row.Summary.Sum);
        var steps = series.OfType<Entry>().Where(entry => entry.Summary is { Kind: SeriesKind.Scalar, Count: > 0 }).Select(entry => (long?)entry.Summary.LastStep).Max();
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)steps ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>What was written is no longer a change: call it after the commit.</summary>
    public void Written()
    {
        IsDirty = false;
        foreach (var entry in series) entry?.IsDirty = false;
    }

    private SeriesSummary Of(int id, string name, SeriesKind kind)
    {
        var entry = (id < series.Length ? series[id] : null) ?? Set(new Entry(id, name, new SeriesSummary { Kind = kind }));
        entry.IsDirty = IsDirty = true;
        return entry.Summary;
    }

    private Entry Set(Entry entry)
    {
        if (entry.Id >= series.Length) Array.Resize(ref series, Math.Max(entry.Id + 1, series.Length * 2));
        return series[entry.Id] = entry;
    }

    private sealed class Entry(int id, string name, SeriesSummary summary)
    {
        public int Id { get; } = id;

        public string Name { get; } = name;

        public SeriesSummary Summary { get; } = summary;

        public bool IsDirty { get; set; }
    }
}
