using System.Text.Json;
using Npgsql;

namespace Tracker.Testing.Durability;

/// <summary>Holds what is stored against what was acknowledged, while no writer has anything on its way.</summary>
internal static class Verification
{
    /// <summary>Every acknowledged point is there exactly once, with its step, time and value, bit for bit; nothing else is there.</summary>
    /// <returns>How many points were compared.</returns>
    /// <exception cref="DurabilityException">Something is missing, doubled, changed or made up.</exception>
    public static async Task<long> CheckPointsAsync(HttpClient http, string run, IReadOnlyList<LoopWriter> writers, CancellationToken cancel)
    {
        var names = writers.SelectMany(writer => new[] { LoopValues.Loss(writer.Number), LoopValues.Grad(writer.Number) }).Append(LoopValues.Shared);
        var query = string.Join('&', names.Select(name => $"name={Uri.EscapeDataString(name)}"));
        var seen = new HashSet<(string Series, long Step)>();
        using var answer = await http.GetAsync(new Uri($"/api/v1/runs/{run}/points?format=ndjson&{query}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
        answer.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            var point = json.RootElement;
            var series = point.GetProperty("series").GetString()!;
            var step = point.GetProperty("step").GetInt64();
            if (!seen.Add((series, step))) throw new DurabilityException($"Run {run}: {series} has step {step} twice.");
            CheckPoint(run, writers, series, step, point);
        }

        var expected = writers.Sum(writer => 3 * writer.Steps);
        return seen.Count == expected ? expected : throw new DurabilityException($"Run {run}: {seen.Count} points are stored, {expected} were acknowledged.");
    }

    /// <summary>The catalogue counts what was acknowledged: points of each series, histograms too.</summary>
    public static async Task CheckCountsAsync(HttpClient http, string run, IReadOnlyList<LoopWriter> writers)
    {
        var catalogue = await http.JsonAsync($"/api/v1/runs/{run}/series");
        var counts = catalogue.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("count").GetInt64());
        foreach (var writer in writers.Where(writer => writer.Batches > 0))
        {
            Check(LoopValues.Loss(writer.Number), writer.Steps);
            Check(LoopValues.Grad(writer.Number), writer.Steps);
            Check(LoopValues.Histogram(writer.Number), writer.Batches);
        }

        Check(LoopValues.Shared, writers.Sum(writer => writer.Steps));

        void Check(string series, long expected)
        {
            if (counts.GetValueOrDefault(series) != expected)
                throw new DurabilityException($"Run {run}: the catalogue counts {counts.GetValueOrDefault(series)} points of {series}, {expected} were acknowledged.");
        }
    }

    /// <summary>Chunks and journal agree: up to the compactor's cursor all points are in chunks, after it every batch is in the journal, without a hole.</summary>
    public static async Task CheckTablesAsync(NpgsqlDataSource database, string run, IReadOnlyList<LoopWriter> writers, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select h.sequence, coalesce(c.sequence, 0),
              (select count(*) from journal j where j.run_key = r.run_key and j.sequence > coalesce(c.sequence, 0)),
              (select coalesce(sum(j.points), 0) from journal j where j.run_key = r.run_key and j.sequence > coalesce(c.sequence, 0)),
              (select coalesce(sum(k.points), 0) from chunks k where k.run_key = r.run_key),
              (select coalesce(max(k.last_sequence), 0) from chunks k where k.run_key = r.run_key)
            from runs r join run_heads h using (run_key) left join cursors c on c.run_key = r.run_key and c.consumer = 'compactor'
            where r.id = $1
            """);
        command.Parameters.AddWithValue(run);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) throw new DurabilityException($"Run {run} is gone.");
        var (head, compacted, rows, tail, chunked, lastChunked) =
            (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
        var batches = writers.Sum(writer => writer.Batches);
        var points = writers.Sum(writer => (3 * writer.Steps) + writer.Batches);
        // The server itself adds a batch with the run's config and one with its end.
        if (head < batches || head > batches + 2) throw new DurabilityException($"Run {run}: the head stands at {head}, {batches} batches were acknowledged.");
        if (rows != head - compacted) throw new DurabilityException($"Run {run}: the journal has {rows} batches after {compacted}, the head stands at {head}.");
        if (lastChunked > compacted) throw new DurabilityException($"Run {run}: a chunk reaches to {lastChunked}, the compactor's cursor stands at {compacted}.");
        if (tail + chunked != points) throw new DurabilityException($"Run {run}: {chunked} points in chunks and {tail} in the journal, {points} were acknowledged.");
    }

    private static void CheckPoint(string run, IReadOnlyList<LoopWriter> writers, string series, long step, JsonElement point)
    {
        foreach (var writer in writers)
        {
            for (var own = 0; own < 3; own++)
            {
                var name = own switch { 0 => LoopValues.Loss(writer.Number), 1 => LoopValues.Grad(writer.Number), _ => LoopValues.Shared };
                var origin = own == 2 ? (step - writer.Number) / LoopValues.WriterStride : step;
                if (name != series || (own == 2 && LoopValues.SharedStep(writer.Number, origin) != step)) continue;
                var expected = own switch
                {
                    0 => LoopValues.LossAt(writer.Number, origin),
                    1 => LoopValues.GradAt(writer.Number, origin),
                    _ => LoopValues.SharedAt(writer.Number, origin),
                };
                if (origin < 0 || origin >= writer.Steps) throw new DurabilityException($"Run {run}: {series} has step {step}, which was never acknowledged.");
                if (point.GetProperty("time").GetInt64() != LoopValues.TimeOf(origin) || !Same(point.GetProperty("value"), expected))
                    throw new DurabilityException($"Run {run}: {series} at step {step} is stored as {point}, sent as {expected}.");
                return;
            }
        }

        throw new DurabilityException($"Run {run}: nobody logged step {step} of {series}.");
    }

    private static bool Same(JsonElement stored, double sent) => stored.ValueKind == JsonValueKind.String
        ? stored.GetString() == sent.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : BitConverter.DoubleToInt64Bits(stored.GetDouble()) == BitConverter.DoubleToInt64Bits(sent);
}
