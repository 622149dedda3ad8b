using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>
/// What the analyzer has to know of other runs: the band of the reference, and a sibling with another batch size at the same learning rate. Both go into the
/// run's own journal as events, so that a replay says the same whatever becomes of the other run.
/// </summary>
public sealed class ReferenceRuns(NpgsqlDataSource database, RunCatalog runs, SeriesCatalog catalog, SeriesReader reader, EventRows events)
{
    public const string Kind = "reference";

    /// <summary>Runs of the project that are looked at for a sibling, the newest first.</summary>
    private const int Siblings = 50;
    private const int MostBands = 8;
    private const int ChunksPerPage = 16;

    /// <summary>The events that make a run's reference: the first withdraws the one before, each of the others holds the band of one series.</summary>
    /// <param name="reference">Id of the run; an empty one, or one that the caller may not know of, only withdraws.</param>
    /// <param name="caller">Who names it.</param>
    /// <param name="time">Unix milliseconds.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<IReadOnlyList<RunEvent>> BandsAsync(string reference, Caller caller, long time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var bands = new List<RunEvent> { new() { Kind = Kind, Time = time, Data = new JsonObject { ["replaces"] = true, ["id"] = reference }.ToJsonString() } };
        if (reference.Length == 0 || await runs.FindAsync(reference, cancel) is not { } run || caller.In(run.ProjectKey, run.RunKey) == Rights.None) return bands;
        var name = await NameAsync(run.RunKey, cancel);
        var series = await catalog.LoadAsync(run.RunKey, cancel);
        var end = await reader.HeadAsync(run.RunKey, cancel);
        foreach (var entry in series.All.Where(entry => entry.Kind == SeriesKind.Scalar).OrderBy(entry => entry.Id))
        {
            if (bands.Count > MostBands || SeriesRoles.Recognize(entry.Name) is not { } role || !ReferenceBand.IsOf(role)) continue;
            if (await BandAsync(run.RunKey, entry.Id, end, cancel) is not { } band) continue;
            var data = new JsonObject
            {
                ["run"] = name,
                ["id"] = run.Id,
                ["series"] = entry.Name,
                ["role"] = role.Name,
                ["steps"] = Array(band.Steps),
                ["level"] = Array(band.Level),
                ["low"] = Array(band.Low),
                ["high"] = Array(band.High),
            };
            bands.Add(new RunEvent { Kind = Kind, Name = entry.Name, Time = time, Data = data.ToJsonString() });
        }

        return bands;
    }

    /// <summary>The event that names a sibling; null where the project has none, or where the config does not tell.</summary>
    public async Task<RunEvent?> SiblingAsync(string project, string config, long time, CancellationToken cancel)
    {
        if (!SiblingRun.MayHave(config)) return null;
        await using var command = database.CreateCommand("""
            select id, name, config::text from runs where project_key = (select project_key from projects where name = $1) and deleted_at is null order by run_key desc limit $2
            """);
        command.Parameters.AddWithValue(project);
        command.Parameters.AddWithValue(Siblings);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        while (await rows.ReadAsync(cancel))
        {
            if (SiblingRun.Of(config, rows.GetString(2)) is not { } sibling) continue;
            var data = new JsonObject { ["run"] = rows.GetString(1), ["id"] = rows.GetString(0), ["batch_size"] = sibling.BatchSize, ["lr"] = sibling.LearningRate };
            return new RunEvent { Kind = "sibling", Time = time, Data = data.ToJsonString() };
        }

        return null;
    }

    /// <summary>The bands that a run is compared with, as they stand in its journal.</summary>
    public async Task<ReferenceDto> OfAsync(RunRef run, CancellationToken cancel)
    {
        string? id = null, name = null;
        var bands = new List<ReferenceBandDto>();
        foreach (var (_, _, happened) in await events.ReadAsync(run.RunKey, Kind, 0, -1, 1_000, cancel))
        {
            using var json = JsonDocument.Parse(happened.Data ?? "{}");
            var data = json.RootElement;
            if (data.TryGetProperty("replaces", out _))
            {
                bands.Clear();
                id = data.TryGetProperty("id", out var of) && of.GetString() is { Length: > 0 } text ? text : null;
                name = null;
                continue;
            }

            name = data.GetProperty("run").GetString();
            bands.Add(data.Deserialize<ReferenceBandDto>(JsonSerializerOptions.Web)!);
        }

        return new ReferenceDto(id, name, bands);
    }

    private async Task<string> NameAsync(long runKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select name from runs where run_key = $1");
        command.Parameters.AddWithValue(runKey);
        return await command.ExecuteScalarAsync(cancel) as string ?? "";
    }

    private async Task<ReferenceBand?> BandAsync(long runKey, int seriesId, long end, CancellationToken cancel)
    {
        var (steps, values) = (new List<long>(), new List<double>());
        await foreach (var (points, first, last) in SeriesReader.StreamAsync(runKey, seriesId, end, ChunksPerPage, database, cancel))
        {
            steps.AddRange(points.Steps[first..last]);
            values.AddRange(points.Values[first..last]);
        }

        return ReferenceBand.Of(steps, values);
    }

    private static JsonArray Array<T>(IReadOnlyList<T> values) => [.. values.Select(value => JsonValue.Create(value))];
}

/// <summary>The run that another one is compared with.</summary>
/// <param name="Run" example="resnet50-base">Its id; null where none is set.</param>
/// <param name="Name" example="base, seed 1">Its name; null where it had logged nothing that gives a band.</param>
/// <param name="Items">The bands. Where the run leaves one, its diagnoses say so, as a note of the condition <c>known-recipe</c>.</param>
public sealed record ReferenceDto(string? Run, string? Name, IReadOnlyList<ReferenceBandDto> Items);

/// <summary>Where one series of the reference went, and how far it varied.</summary>
/// <param name="Series" example="val/loss">Its name in the reference run.</param>
/// <param name="Role" example="val/loss">What it is; a series of this role is compared, whatever its name.</param>
/// <param name="Steps">Steps of the band's points, at most 96.</param>
/// <param name="Level">The reference's own course.</param>
/// <param name="Low">Lower edge.</param>
/// <param name="High">Upper edge.</param>
public sealed record ReferenceBandDto(string Series, string Role, IReadOnlyList<long> Steps, IReadOnlyList<double> Level, IReadOnlyList<double> Low, IReadOnlyList<double> High);
