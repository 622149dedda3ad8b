using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Streams every stored point of some series in canonical order, at constant memory, in three formats.</summary>
public sealed class PointExport(SeriesReader reader, ReadDatabase reads)
{
    private const int FlushBytes = 64 << 10;

    /// <summary>Chunks held at once, over all series: some ten megabytes, however many series there are.</summary>
    private const int ChunksHeld = 64;
    private const int MostChunksPerPage = 16;

    public async Task WriteAsync(long runKey, IReadOnlyList<SeriesEntry> series, string format, HttpResponse response, CancellationToken cancel)
    {
        var end = await reader.HeadAsync(runKey, cancel);
        var source = await reads.WithAsync(runKey, end, cancel);
        response.ContentType = format switch { "csv" => "text/csv; charset=utf-8", "ndjson" => "application/x-ndjson", _ => "application/json; charset=utf-8" };
        var body = response.BodyWriter;
        if (format == "json") await WriteJsonAsync(runKey, series, end, source, body, cancel);
        else await WriteRowsAsync(runKey, series, end, source, format == "csv" ? new CsvRows(series) : new JsonRows(series), body, cancel);
        await body.FlushAsync(cancel);
    }

    /// <summary>Columns: each is a pass of its own over the stored bytes, so that nothing is held.</summary>
    private static async Task WriteJsonAsync(long runKey, IReadOnlyList<SeriesEntry> series, long end, NpgsqlDataSource source, PipeWriter body, CancellationToken cancel)
    {
        await using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartArray("series");
        foreach (var entry in series)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            await ColumnAsync("steps", (points, i) => json.WriteNumberValue(points.Steps[i]));
            await ColumnAsync("times", (points, i) => json.WriteNumberValue(points.Times[i]));
            await ColumnAsync("values", (points, i) =>
            {
                ExactNumbers.Write(json, points.Values[i]);
            });
            json.WriteEndObject();

            async Task ColumnAsync(string name, Action<ColumnBuffer, int> write)
            {
                json.WriteStartArray(name);
                await foreach (var (points, first, last) in SeriesReader.StreamAsync(runKey, entry.Id, end, MostChunksPerPage, source, cancel))
                {
                    for (var i = first; i < last; i++) write(points, i);
                    json.Flush();
                    await body.FlushAsync(cancel);
                }

                json.WriteEndArray();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Rows: the series are merged into the run's canonical order, (sequence, step, series).</summary>
    private static async Task WriteRowsAsync(long runKey, IReadOnlyList<SeriesEntry> series, long end, NpgsqlDataSource source, IRows rows, PipeWriter body, CancellationToken cancel)
    {
        rows.Begin(body);
        var cursors = series.Select((entry, i) => new Cursor(i, SeriesReader.StreamAsync(runKey, entry.Id, end, Math.Clamp(ChunksHeld / series.Count, 1, MostChunksPerPage), source, cancel).GetAsyncEnumerator(cancel))).ToList();
        try
        {
            var queue = new PriorityQueue<Cursor, (long Sequence, long Step, int Series)>();
            foreach (var cursor in cursors)
            {
                if (await cursor.NextAsync()) queue.Enqueue(cursor, cursor.Place(series));
            }

            while (queue.TryDequeue(out var cursor, out _))
            {
                // One series has no one to give way to.
                do rows.Write(body, cursor);
                while (queue.Count == 0 && body.UnflushedBytes < FlushBytes && cursor.Advance());
                if (body.UnflushedBytes >= FlushBytes) await body.FlushAsync(cancel);
                if (cursor.HasCurrent ? cursor.Advance() || await cursor.NextAsync() : await cursor.NextAsync()) queue.Enqueue(cursor, cursor.Place(series));
            }
        }
        finally
        {
            foreach (var cursor in cursors) await cursor.DisposeAsync();
        }
    }

    private interface IRows
    {
        void Begin(PipeWriter body);

        void Write(PipeWriter body, Cursor cursor);
    }

    /// <summary>A place in the stream of one series.</summary>
    private sealed class Cursor(int index, IAsyncEnumerator<(ColumnBuffer Points, int First, int Last)> pages) : IAsyncDisposable
    {
        private int position;
        private int last;
        private ColumnBuffer? points;

        public int Index => index;

        public bool HasCurrent => points is not null && position < last;

        public long Step => points!.Steps[position];

        public long Time => points!.Times[position];

        public double Value => points!.Values[position];

        public (long Sequence, long Step, int Series) Place(IReadOnlyList<SeriesEntry> series) => (points!.Sequences[position], Step, series[index].Id);

        /// <summary>The next point of this page.</summary>
        public bool Advance() => ++position < last;

        /// <summary>The first point of the next page.</summary>
        public async ValueTask<bool> NextAsync()
        {
            if (!await pages.MoveNextAsync()) return false;
            (points, position, last) = pages.Current;
            return true;
        }

        public ValueTask DisposeAsync() => pages.DisposeAsync();
    }

    private sealed class CsvRows(IReadOnlyList<SeriesEntry> series) : IRows
    {
        private readonly byte[][] names = [.. series.Select(entry => Encoding.UTF8.GetBytes("," + Quote(entry.Name)))];

        public void Begin(PipeWriter body) => body.Write(series.Count > 1 ? "step,time,value,series\n"u8 : "step,time,value\n"u8);

        public void Write(PipeWriter body, Cursor cursor)
        {
            var name = series.Count > 1 ? names[cursor.Index] : [];
            var row = body.GetSpan(128 + name.Length);
            cursor.Step.TryFormat(row, out var length);
            row[length++] = (byte)',';
            cursor.Time.TryFormat(row[length..], out var more);
            length += more;
            row[length++] = (byte)',';
            length += ExactNumbers.Write(row[length..], cursor.Value);
            name.CopyTo(row[length..]);
            length += name.Length;
            row[length++] = (byte)'\n';
            body.Advance(length);
        }

        private static string Quote(string name) =>
            name.AsSpan().ContainsAny(",\"\r\n") ? "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : name;
    }

    private sealed class JsonRows(IReadOnlyList<SeriesEntry> series) : IRows
    {
        private readonly byte[][] heads = [.. series.Select(entry => Encoding.UTF8.GetBytes($"{{\"series\":{JsonSerializer.Serialize(entry.Name)},\"step\":"))];

        public void Begin(PipeWriter body)
        {
        }

        public void Write(PipeWriter body, Cursor cursor)
        {
            var head = heads[cursor.Index];
            var row = body.GetSpan(160 + head.Length);
            head.CopyTo(row);
            var length = head.Length;
            cursor.Step.TryFormat(row[length..], out var more);
            length += more;
            length += Put(row[length..], ",\"time\":"u8);
            cursor.Time.TryFormat(row[length..], out more);
            length += more;
            var finite = double.IsFinite(cursor.Value);
            length += Put(row[length..], finite ? ",\"value\":"u8 : ",\"value\":\""u8);
            length += ExactNumbers.Write(row[length..], cursor.Value);
            length += Put(row[length..], finite ? "}\n"u8 : "\"}\n"u8);
            body.Advance(length);
        }

        private static int Put(Span<byte> into, ReadOnlySpan<byte> text)
        {
            text.CopyTo(into);
            return text.Length;
        }
    }
}
