using System.Diagnostics;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>
/// A lane's own connection, kept open, with the one command that a lane has, prepared. Calls block: the lane is a thread of its own, and to sleep in the
/// socket costs less than to go through the thread pool twice for every group. After any failure the connection is closed and the next call opens another.
/// </summary>
internal sealed class JournalConnection(NpgsqlDataSource unpooled) : IDisposable
{
    private Append? append;

    /// <summary>Appends a group under the given writers and numbers; answers batch by batch, with each stored batch's writer by its number in the run.</summary>
    public (AppendResult Result, int Writer)[] Call(List<WaitingBatch> group, string[] writers, long[] numbers)
    {
        try
        {
            append ??= new Append(unpooled.OpenConnection());
            return append.Call(group, writers, numbers);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        append?.Dispose();
        append = null;
    }

    private sealed class Append : IDisposable
    {
        private readonly NpgsqlConnection connection;
        private readonly NpgsqlCommand command;
        private readonly NpgsqlParameter<long[]> runs = new();
        private readonly NpgsqlParameter<string[]> writers = new();
        private readonly NpgsqlParameter<long[]> numbers = new();
        private readonly NpgsqlParameter<byte[]?[]> hashes = new();
        private readonly NpgsqlParameter<int[]> points = new();
        private readonly NpgsqlParameter<byte[][]> data = new();
        private bool isPrepared;

        public Append(NpgsqlConnection open)
        {
            connection = open;
            command = new NpgsqlCommand("select outcome, accepted_through, sequence, writer, stop_reason, stop_by from tracker_append($1, $2, $3, $4, $5, $6)", open);
            foreach (var parameter in new NpgsqlParameter[] { runs, writers, numbers, hashes, points, data }) command.Parameters.Add(parameter);
        }

        public (AppendResult Result, int Writer)[] Call(List<WaitingBatch> group, string[] writerIds, long[] batchNumbers)
        {
            runs.TypedValue = [.. group.Select(waiting => waiting.RunKey)];
            writers.TypedValue = writerIds;
            numbers.TypedValue = batchNumbers;
            hashes.TypedValue = [.. group.Select(waiting => waiting.FirstHash)];
            points.TypedValue = [.. group.Select(waiting => waiting.Content.PointCount)];
            data.TypedValue = [.. group.Select(waiting => waiting.Data)];
            if (!isPrepared) command.Prepare();
            isPrepared = true;
            using var reader = command.ExecuteReader();
            var answers = new (AppendResult Result, int Writer)[group.Count];
            for (var i = 0; i < answers.Length; i++)
            {
                if (!reader.Read()) throw new UnreachableException("tracker_append answers every batch.");
                var isStored = !reader.IsDBNull(2);
                answers[i] = (new AppendResult(
                    (AppendOutcome)reader.GetInt16(0),
                    reader.GetInt64(1),
                    isStored ? reader.GetInt64(2) : 0,
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.IsDBNull(5) ? null : reader.GetString(5)), isStored ? reader.GetInt32(3) : -1);
            }

            return answers;
        }

        public void Dispose()
        {
            command.Dispose();
            connection.Dispose();
        }
    }
}
