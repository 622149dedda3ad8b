using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>The summaries of one run: what the table holds, folded on with the batches since.</summary>
public sealed class Summaries
{
    private readonly Dictionary<int, (string Name, SeriesSummary Summary)> series = [];
    private readonly HashSet<int> dirty = [];

    public bool IsDirty => dirty.Count > 0;

    /// <summary>By number of the series.</summary>
    public IReadOnlyDictionary<int, (string Name, SeriesSummary Summary)> Series => series;

    /// <summary>The columns that <see cref="AddRow"/> reads, in its order.</summary>
    public const string Columns = "series_id, name, kind, count, non_finite, late, repeated, first_step, last_step, first_time, last, min, max, sum";

    public void AddRow(NpgsqlDataReader reader, int first = 0)
    {
        double? Value(int column) => reader.IsDBNull(first + column) ? null : reader.GetDouble(first + column);
        series[reader.GetInt32(first)] = (reader.GetString(first + 1), new SeriesSummary
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
        });
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
        if (dirty.Count == 0) return;
        var rows = dirty.Order().Select(id => (Id: id, series[id].Name, series[id].Summary)).ToArray();
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
        void Column<T>(Func<(int Id, string Name, SeriesSummary Summary), T> value, NpgsqlDbType? type = null)
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
        var steps = series.Values.Where(entry => entry.Summary is { Kind: SeriesKind.Scalar, Count: > 0 }).Select(entry => (long?)entry.Summary.LastStep).Max();
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)steps ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>What was written is no longer a change: call it after the commit.</summary>
    public void Written() => dirty.Clear();

    private SeriesSummary Of(int id, string name, SeriesKind kind)
    {
        dirty.Add(id);
        if (series.TryGetValue(id, out var found)) return found.Summary;
        var summary = new SeriesSummary { Kind = kind };
        series[id] = (name, summary);
        return summary;
    }
}
