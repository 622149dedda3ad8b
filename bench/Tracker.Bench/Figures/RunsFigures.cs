using System.Diagnostics;
using Npgsql;
using Tracker.Bench.Server;

namespace Tracker.Bench.Figures;

/// <summary>
/// The runs table over HTTP: 10,000 runs with 50 metrics, a config and tags each, written straight into the tables as the compactor would. Each
/// request filters and sorts all of them and gives the first 100; the median of the calls counts, the worst of the kinds is the figure.
/// </summary>
internal static class RunsFigures
{
    private const int Runs = 10_000;
    private const int Metrics = 50;
    private const int Repetitions = 15;
    private const double Target = 100;

    private static readonly (string Name, string Query)[] Kinds =
    [
        ("newest", ""),
        ("sorted", "orderBy=metrics.m07 desc"),
        ("filtered", "filter=metrics.m03 < 0.3 and config.optimizer.name = \"adamw\" and tags has \"baseline\" and state = \"finished\""),
        ("filtered-sorted", "filter=metrics.m03 < 0.6 and metrics.m11.min < 0.5 and config.optimizer.name = \"adamw\"&orderBy=metrics.m07.min, config.lr desc"),
        ("filtered-sorted-columns", "filter=metrics.m03 < 0.6 and config.lr > 0.2&orderBy=metrics.m07&fields=name,state,metrics.m03,metrics.m07,config.lr"),
        ("by-last-step", "orderBy=lastStep desc&fields=name,lastStep"),
    ];

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        Bench.Report(Figure.AtMost("runs", await MeasureAsync(server, "table", Runs, cancel), "ms", Target));
    }

    /// <summary>Milliseconds of the slowest kind of request, in a new project of so many runs.</summary>
    public static async Task<double> MeasureAsync(BenchServer server, string project, int runs, CancellationToken cancel)
    {
        await FillAsync(server, project, runs, cancel);
        var worst = 0.0;
        foreach (var (name, query) in Kinds)
        {
            var path = $"/api/v1/runs?project={project}&limit=100&" + string.Join('&', query.Split('&').Select(one => one.Split('=', 2) is [var key, var value] ? $"{key}={Uri.EscapeDataString(value)}" : ""));
            var times = new List<double>();
            for (var i = -Repetitions; i < Repetitions; i++)
            {
                var clock = Stopwatch.StartNew();
                using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsByteArrayAsync(cancel);
                if (i >= 0) times.Add(clock.Elapsed.TotalMilliseconds);
            }

            Bench.Report(new Figure($"runs-{name}-{runs}", new Sample(times).Median, "ms"));
            worst = Math.Max(worst, new Sample(times).Median);
        }

        return worst;
    }

    private static async Task FillAsync(BenchServer server, string project, int runs, CancellationToken cancel)
    {
        Bench.Note($"storing {runs} runs with {Metrics} metrics each");
        await using var connection = await server.Database.OpenConnectionAsync(cancel);
        await using (var make = new NpgsqlCommand($$"""
            insert into projects (name) values ('{{project}}');
            insert into runs (project_key, id, name, state, config, tags, created_at)
            select (select project_key from projects where name = '{{project}}'), '{{project}}-' || i, 'run ' || i, (array['finished', 'failed', 'running', 'killed'])[1 + i % 4],
              jsonb_build_object('lr', (i * 7919 % 1000) / 1000.0, 'optimizer', jsonb_build_object('name', (array['adamw', 'sgd', 'lion'])[1 + i % 3]), 'batch_size', 32 << (i % 5), 'seed', i),
              case i % 2 when 0 then array['baseline', 'g' || i % 10] else array['g' || i % 10] end, now() - make_interval(secs => {{runs}} - i)
            from generate_series(1, {{runs}}) i;
            insert into run_heads (run_key) select run_key from runs on conflict do nothing;
            """, connection))
        {
            await make.ExecuteNonQueryAsync(cancel);
        }

        var (projectKey, first) = await FirstAsync(connection, project, cancel);
        var random = new Random(1);
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy summaries (run_key, series_id, project_key, name, kind, count, non_finite, late, repeated, first_step, last_step, first_time, last, min, max, sum) from stdin (format binary)", cancel))
        {
            for (var run = 0; run < runs; run++)
            {
                for (var series = 0; series < Metrics; series++)
                {
                    var last = random.NextDouble();
                    object[] row = [first + run, series, projectKey, $"m{series:00}", (short)1, 10_000L, 0L, 0L, 0L, 0L, (long)random.Next(10_000), 0L, last, last * 0.9, last * 2, last * 15_000];
                    await copy.WriteRowAsync(cancel, row);
                }
            }

            await copy.CompleteAsync(cancel);
        }

        await using (var steps = new NpgsqlCommand("insert into run_steps select run_key, max(last_step) from summaries group by run_key on conflict do nothing", connection)) await steps.ExecuteNonQueryAsync(cancel);
        // As autovacuum does within a minute.
        await using var vacuum = new NpgsqlCommand("vacuum (analyze) summaries, runs, run_steps", connection);
        await vacuum.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<(long Project, long First)> FirstAsync(NpgsqlConnection connection, string project, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select project_key, min(run_key) from runs join projects using (project_key) where projects.name = $1 group by project_key", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = project } } };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
