using Npgsql;

namespace Tracker.Api.Alerts;

/// <summary>Estimates the device time that stops have saved; the formula is in docs/alerts.md.</summary>
public sealed class Savings(NpgsqlDataSource database)
{
    private const int MostRuns = 100;

    public async Task<SavingsDto> ReadAsync(long projectKey, string project, CancellationToken cancel)
    {
        // Numbers in a config may be texts; what is no number counts as absent.
        await using var command = database.CreateCommand("""
            with stopped as (
              select r.id, r.name, h.stop_at, h.stop_by, extract(epoch from coalesce(r.finished_at, r.lost_at, clock_timestamp()) - r.created_at)::double precision as used,
                coalesce(r.config ->> 'gpus', r.config ->> 'num_gpus', r.config ->> 'world_size', '1') as devices, r.config ->> 'total_steps' as total, s.last_step::double precision as done
              from runs r join run_heads h using (run_key) left join run_steps s using (run_key)
              where r.project_key = $1 and r.deleted_at is null and h.stop_reason is not null)
            select id, name, stop_at, stop_by, used,
              case when devices ~ '^[0-9]+([.][0-9]+)?$' then greatest(devices::double precision, 1) else 1 end,
              case when total ~ '^[0-9]+([.][0-9]+)?$' and done > 0 and total::double precision > done then used * total::double precision / done end,
              (select percentile_cont(0.5) within group (order by extract(epoch from finished_at - created_at)) from runs
               where project_key = $1 and state = 'finished' and deleted_at is null and finished_at > created_at and not exists (select 1 from run_heads h where h.run_key = runs.run_key and h.stop_reason is not null))::double precision
            from stopped order by stop_at desc nulls last, id
            """);
        command.Parameters.AddWithValue(projectKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var runs = new List<SavedRunDto>();
        while (await reader.ReadAsync(cancel))
        {
            var (used, devices) = (Math.Max(0, reader.GetDouble(4)), reader.GetDouble(5));
            var (bySteps, byMedian) = (reader.IsDBNull(6) ? (double?)null : reader.GetDouble(6), reader.IsDBNull(7) ? (double?)null : reader.GetDouble(7));
            var planned = bySteps ?? byMedian;
            runs.Add(new SavedRunDto(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3),
                planned is { } time ? Math.Max(0, time - used) * devices / 3600 : null, devices, used, planned,
                bySteps is not null ? "total_steps" : byMedian is not null ? "median of finished runs" : "none"));
        }

        return new SavingsDto(project, runs.Sum(run => run.Hours ?? 0), runs.Count, [.. runs.Take(MostRuns)]);
    }
}
