using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>
/// Thins an ended run out to the resolution of charts: of each scalar series the first, last, least and greatest point of 1,000 columns of steps stay,
/// and where values cease and begin to be finite; of each histogram series every n-th point. Summaries, events and diagnoses stay as they are.
/// </summary>
public sealed class RunThinning(NpgsqlDataSource database, RunGrowth growth, TimeProvider clock)
{
    /// <summary>Columns of steps; at most four points of each stay.</summary>
    public const int Columns = 1_000;

    private const int Histograms = 1_000;

    /// <summary>Thins the run in one transaction; false when it is running, has something uncompacted, or was thinned before.</summary>
    public async Task<bool> ThinAsync(RunRef run, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var check = new NpgsqlCommand("""
            select 1 from run_heads h join runs r using (run_key)
            where r.run_key = $1 and not h.deleted and not h.unsettled and r.state <> 'running' and r.thinned_at is null
              and not exists (select 1 from journal j where j.run_key = $1) for no key update of h
            """, connection, transaction))
        {
            check.Parameters.AddWithValue(run.RunKey);
            if (await check.ExecuteScalarAsync(cancel) is null) return false;
        }

        foreach (var (series, kind) in await LongSeriesAsync(connection, run.RunKey, cancel))
        {
            var chunks = await TakeAsync(connection, run.RunKey, series, cancel);
            await WriteAsync(connection, run.RunKey, series, kind == SeriesKind.Scalar ? Thin(chunks) : ThinHistograms(chunks), cancel);
        }

        await using (var mark = new NpgsqlCommand("update runs set thinned_at = $2 where run_key = $1", connection, transaction))
        {
            mark.Parameters.AddWithValue(run.RunKey);
            mark.Parameters.AddWithValue(clock.GetUtcNow().ToUniversalTime());
            await mark.ExecuteNonQueryAsync(cancel);
        }

        var sequence = await ProjectSequence.NextAsync(connection, transaction, run.ProjectKey, cancel);
        await using (var number = new NpgsqlCommand("update runs set project_sequence = $2 where run_key = $1", connection, transaction))
        {
            number.Parameters.AddWithValue(run.RunKey);
            number.Parameters.AddWithValue(sequence);
            await number.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        growth.Raise(run.RunKey);
        return true;
    }

    /// <summary>Which points stay, in their order.</summary>
    internal static SortedSet<int> Kept(ReadOnlySpan<long> steps, ReadOnlySpan<double> values)
    {
        var kept = KeptPoints.Of(steps, values, Columns);
        kept.UnionWith([0, steps.Length - 1]);
        for (var i = 1; i < values.Length && kept.Count < 8 * Columns; i++)
        {
            if (double.IsFinite(values[i]) == double.IsFinite(values[i - 1])) continue;
            kept.Add(i - 1);
            kept.Add(i);
        }

        return kept;
    }

    private static List<(ChunkHeader Header, byte[] Data)> Thin(List<byte[]> chunks)
    {
        var decoded = chunks.ConvertAll(chunk => ScalarChunkCodec.Decode(chunk));
        long[] steps = [.. decoded.SelectMany(chunk => chunk.Steps)], times = [.. decoded.SelectMany(chunk => chunk.Times)];
        double[] values = [.. decoded.SelectMany(chunk => chunk.Values)];
        var kept = Kept(steps, values);
        using var builder = new ScalarChunkBuilder();
        // A batch that two chunks share is one again: its parts follow each other.
        var at = 0;
        foreach (var batch in Joined(decoded.SelectMany(chunk => chunk.Batches)))
        {
            int[] here = [.. kept.GetViewBetween(at, at + batch.Count - 1)];
            at += batch.Count;
            if (here.Length == 0) continue;
            builder.Add(batch.Sequence, batch.Writer, new ScalarColumn("", [.. here.Select(i => steps[i])], [.. here.Select(i => times[i])], [.. here.Select(i => values[i])]));
        }

        return builder.Build().ConvertAll(chunk =>
        {
            var data = ScalarChunkCodec.Encode(chunk);
            return (ScalarChunkCodec.ReadHeader(data), data);
        });
    }

    private static List<(ChunkHeader Header, byte[] Data)> ThinHistograms(List<byte[]> chunks)
    {
        var decoded = chunks.ConvertAll(chunk => HistogramChunkCodec.Decode(chunk));
        var points = decoded.SelectMany(chunk => chunk.Points).Zip(decoded.SelectMany(chunk => chunk.Batches.SelectMany(batch => Enumerable.Repeat(batch, batch.Count)))).ToList();
        var every = (points.Count + Histograms - 1) / Histograms;
        return [.. points.Where((_, i) => i % every == 0 || i == points.Count - 1).Chunk(HistogramChunk.DefaultPoints).Select(part =>
        {
            var data = HistogramChunkCodec.Encode(new HistogramChunk([.. part.Select(point => point.First)], [.. Joined(part.Select(point => point.Second with { Count = 1 }))]));
            return (HistogramChunkCodec.ReadHeader(data), data);
        })];
    }

    private static List<BatchRun> Joined(IEnumerable<BatchRun> batches)
    {
        var joined = new List<BatchRun>();
        foreach (var batch in batches)
        {
            if (joined.Count > 0 && joined[^1].Sequence == batch.Sequence) joined[^1] = joined[^1] with { Count = joined[^1].Count + batch.Count };
            else joined.Add(batch);
        }

        return joined;
    }

    private static async Task<List<(int Id, SeriesKind Kind)>> LongSeriesAsync(NpgsqlConnection connection, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"""
            select series_id, kind from chunks where run_key = $1 group by series_id, kind having sum(points) > case kind when 1 then {4 * Columns} else {Histograms} end
            """, connection);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var series = new List<(int, SeriesKind)>();
        while (await reader.ReadAsync(cancel)) series.Add((reader.GetInt32(0), (SeriesKind)reader.GetInt16(1)));
        return series;
    }

    private static async Task<List<byte[]>> TakeAsync(NpgsqlConnection connection, long runKey, int series, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            with taken as (delete from chunks where run_key = $1 and series_id = $2 returning number, data) select data from taken order by number
            """, connection);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(series);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var chunks = new List<byte[]>();
        while (await reader.ReadAsync(cancel)) chunks.Add(reader.GetFieldValue<byte[]>(0));
        return chunks;
    }

    private static async Task WriteAsync(NpgsqlConnection connection, long runKey, int series, List<(ChunkHeader Header, byte[] Data)> chunks, CancellationToken cancel)
    {
        for (var number = 0; number < chunks.Count; number++)
        {
            var (header, data) = chunks[number];
            await using var command = new NpgsqlCommand("""
                insert into chunks (run_key, series_id, number, kind, points, first_sequence, last_sequence, first_step, last_step, data)
                values ($1, $2, $3, (select kind from series where run_key = $1 and series_id = $2), $4, $5, $6, $7, $8, $9)
                """, connection);
            command.Parameters.AddWithValue(runKey);
            command.Parameters.AddWithValue(series);
            command.Parameters.AddWithValue(number);
            command.Parameters.AddWithValue(header.Count);
            command.Parameters.AddWithValue(header.FirstSequence);
            command.Parameters.AddWithValue(header.LastSequence);
            command.Parameters.AddWithValue(header.FirstStep);
            command.Parameters.AddWithValue(header.LastStep);
            command.Parameters.AddWithValue(NpgsqlDbType.Bytea, data);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
