using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// The chunks of one run as the compactor sees them. New chunks are put at the end of their series. Ten small new ones in a row at the end are
/// merged into one, and ten small merged ones into one that stays: a point is rewritten at most twice.
/// </summary>
internal sealed class ChunkShelf(long runKey)
{
    private const int MergeAt = 10;

    /// <summary>By series: the small chunks at its end, with their points, and the next free number.</summary>
    private readonly Dictionary<int, Shelf> series = [];
    private readonly List<Action> onCommit = [];

    public async Task LoadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        series.Clear();
        onCommit.Clear();
        // The open chunks of a series are the last ones, and never more than so many: nine merged and nine new ones. The last of all has the number.
        await using var command = database.CreateCommand("""
            select s.series_id, s.kind, c.number, c.points, c.level
            from series s, lateral (select number, points, level from chunks where run_key = $1 and series_id = s.series_id order by number desc limit $2) c
            where s.run_key = $1
            order by s.series_id, c.number
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(2 * MergeAt);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            Of(reader.GetInt32(0), (SeriesKind)reader.GetInt16(1)).Put(reader.GetInt32(2), reader.GetInt32(3), reader.GetInt16(4));
        }
    }

    /// <summary>Writes the points of a tail as chunks. What is remembered changes only with <see cref="Committed"/>.</summary>
    public async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CompactorTail tail, CancellationToken cancel)
    {
        onCommit.Clear();
        var added = new List<ChunkRow>();
        foreach (var (id, built) in tail.Build())
        {
            var shelf = Of(id, built[0].Kind);
            var next = shelf.Next;
            var rows = built.Select(chunk => chunk with { SeriesId = id, Number = next++ }).ToList();
            if (shelf.FirstToMerge(rows) is { } merge)
            {
                var old = await TakeAsync(connection, transaction, id, merge.Number, cancel);
                rows = [.. Merge(shelf.Kind, [.. old, .. rows.Select(row => row.Data)])
                    .Select((chunk, i) => chunk with { SeriesId = id, Number = merge.Number + i, Level = merge.Level })];
            }

            var written = rows;
            onCommit.Add(() => shelf.Replace(written));
            added.AddRange(rows);
        }

        await WriteAsync(connection, added, cancel);
    }

    public void Committed()
    {
        onCommit.ForEach(change => change());
        onCommit.Clear();
    }

    private static List<ChunkRow> Merge(SeriesKind kind, IReadOnlyList<byte[]> parts)
    {
        if (kind == SeriesKind.Histogram)
        {
            var chunks = parts.Select(part => HistogramChunkCodec.Decode(part)).ToList();
            var points = new List<(long Sequence, int Writer, HistogramPoint Point)>();
            foreach (var chunk in chunks)
            {
                var i = 0;
                foreach (var batch in chunk.Batches)
                {
                    for (var k = 0; k < batch.Count; k++) points.Add((batch.Sequence, batch.Writer, chunk.Points[i++]));
                }
            }

            return ChunkRow.Of(points);
        }

        using var builder = new ScalarChunkBuilder();
        foreach (var part in parts) builder.Add(ScalarChunkCodec.Decode(part));
        return builder.Build().ConvertAll(ChunkRow.Of);
    }

    /// <summary>Takes the chunks from a number on off the table, in order, to be merged.</summary>
    private async Task<List<byte[]>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, int id, int from, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            with taken as (delete from chunks where run_key = $1 and series_id = $2 and number >= $3 returning number, data)
            select data from taken order by number
            """, connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(from);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var parts = new List<byte[]>();
        while (await reader.ReadAsync(cancel)) parts.Add(reader.GetFieldValue<byte[]>(0));
        return parts;
    }

    private async Task WriteAsync(NpgsqlConnection connection, List<ChunkRow> rows, CancellationToken cancel)
    {
        if (rows.Count == 0) return;
        await using var copy = await connection.BeginBinaryImportAsync("""
            copy chunks (run_key, series_id, number, kind, points, first_sequence, last_sequence, first_step, last_step, first_time, last_time, level, summary, data) from stdin (format binary)
            """, cancel);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(runKey, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.SeriesId, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(row.Number, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync((short)row.Kind, NpgsqlDbType.Smallint, cancel);
            await copy.WriteAsync(row.Points, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(row.Header.FirstSequence, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.Header.LastSequence, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.Header.FirstStep, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.Header.LastStep, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.FirstTime, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.LastTime, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.Level, NpgsqlDbType.Smallint, cancel);
            if (row.Summary is { } summary) await copy.WriteAsync(summary, NpgsqlDbType.Bytea, cancel);
            else await copy.WriteNullAsync(cancel);
            await copy.WriteAsync(row.Data, NpgsqlDbType.Bytea, cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    private Shelf Of(int id, SeriesKind kind)
    {
        if (!series.TryGetValue(id, out var shelf)) series[id] = shelf = new Shelf(kind);
        return shelf;
    }

    /// <summary>The end of one series.</summary>
    private sealed class Shelf(SeriesKind kind)
    {
        private const short Levels = 2;

        /// <summary>By level: the small chunks at the end that may still be merged. Those merged once stand before the new ones.</summary>
        private readonly List<(int Number, int Points)>[] open = [[], []];

        public SeriesKind Kind => kind;

        public int Next { get; private set; }

        private int SmallBelow => (kind == SeriesKind.Scalar ? ScalarChunk.DefaultPoints : HistogramChunk.DefaultPoints) / MergeAt;

        /// <summary>Number of the first chunk to be merged with these new ones, and how often the points will then have been rewritten at most; null when nothing is due.</summary>
        public (int Number, short Level)? FirstToMerge(List<ChunkRow> added)
        {
            if (open[0].Count + added.Count < MergeAt || !added.TrueForAll(row => row.Points < SmallBelow)) return null;
            var points = open[0].Sum(chunk => chunk.Points) + added.Sum(row => row.Points);
            var first = open[0].Count > 0 ? open[0][0].Number : Next;
            return points < SmallBelow && open[1].Count + 1 >= MergeAt ? (open[1][0].Number, Levels) : (first, (short)1);
        }

        public void Replace(List<ChunkRow> rows)
        {
            foreach (var list in open) list.RemoveAll(chunk => chunk.Number >= rows[0].Number);
            foreach (var row in rows) Put(row.Number, row.Points, row.Level);
        }

        /// <summary>The next chunk of the series. One that stays as it is closes those before it.</summary>
        public void Put(int number, int points, short level)
        {
            Next = number + 1;
            if (level == 0 && points < SmallBelow)
            {
                open[0].Add((number, points));
                return;
            }

            open[0].Clear();
            if (level == 1 && points < SmallBelow) open[1].Add((number, points));
            else open[1].Clear();
        }
    }
}
