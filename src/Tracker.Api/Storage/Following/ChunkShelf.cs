using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// The chunks of one run as the compactor sees them. New chunks are put at the end of their series; ten small ones in a row at the end are merged
/// into one, so that a point is rewritten at most twice.
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
        await using var command = database.CreateCommand("select series_id, kind, number, points from chunks where run_key = $1 order by series_id, number");
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var shelf = Of(reader.GetInt32(0), (SeriesKind)reader.GetInt16(1));
            shelf.Put(reader.GetInt32(2), reader.GetInt32(3));
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
            var small = shelf.Small;
            var next = shelf.Next;
            var rows = built.Select(chunk => chunk with { SeriesId = id, Number = next++ }).ToList();
            if (small.Count + rows.Count >= MergeAt && rows.TrueForAll(row => row.Points < shelf.SmallBelow))
            {
                var old = await TakeAsync(connection, transaction, id, small, cancel);
                var first = small.Count > 0 ? small[0].Number : rows[0].Number;
                rows = [.. Merge(shelf.Kind, [.. old, .. rows.Select(row => row.Data)]).Select((chunk, i) => chunk with { SeriesId = id, Number = first + i })];
                var merged = rows;
                onCommit.Add(() => shelf.Replace(merged));
            }
            else
            {
                var plain = rows;
                onCommit.Add(() => plain.ForEach(row => shelf.Put(row.Number, row.Points)));
            }

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

    /// <summary>Takes small chunks off the table, in order, to be merged.</summary>
    private async Task<List<byte[]>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, int id, List<(int Number, int Points)> small, CancellationToken cancel)
    {
        if (small.Count == 0) return [];
        await using var command = new NpgsqlCommand("""
            with taken as (delete from chunks where run_key = $1 and series_id = $2 and number >= $3 returning number, data)
            select data from taken order by number
            """, connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(small[0].Number);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var parts = new List<byte[]>();
        while (await reader.ReadAsync(cancel)) parts.Add(reader.GetFieldValue<byte[]>(0));
        return parts;
    }

    private async Task WriteAsync(NpgsqlConnection connection, List<ChunkRow> rows, CancellationToken cancel)
    {
        if (rows.Count == 0) return;
        await using var copy = await connection.BeginBinaryImportAsync("""
            copy chunks (run_key, series_id, number, kind, points, first_sequence, last_sequence, first_step, last_step, data) from stdin (format binary)
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
            await copy.WriteAsync(row.Data, NpgsqlDbType.Bytea, cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    private Shelf Of(int id, SeriesKind kind)
    {
        if (!series.TryGetValue(id, out var shelf)) series[id] = shelf = new Shelf(kind);
        return shelf;
    }

    private sealed class Shelf(SeriesKind kind)
    {
        public SeriesKind Kind => kind;

        public int SmallBelow => (kind == SeriesKind.Scalar ? ScalarChunk.DefaultPoints : HistogramChunk.DefaultPoints) / MergeAt;

        public List<(int Number, int Points)> Small { get; private set; } = [];

        public int Next { get; private set; }

        public void Put(int number, int points)
        {
            Next = number + 1;
            if (points < SmallBelow) Small.Add((number, points));
            else Small.Clear();
        }

        public void Replace(List<ChunkRow> rows)
        {
            Small = [];
            foreach (var row in rows) Put(row.Number, row.Points);
        }
    }
}
