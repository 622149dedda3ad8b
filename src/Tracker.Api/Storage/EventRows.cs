using System.Globalization;
using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>Reads events, from their table and from the tail in one statement.</summary>
public sealed class EventRows(NpgsqlDataSource database)
{
    /// <summary>Events after (sequence, number) in canonical order, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<(long Sequence, int Number, RunEvent Event)>> ReadAsync(
        long runKey, string? kind, long afterSequence, int afterNumber, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select 0 as part, sequence, number, kind, name, step, time, level, data, null::bytea as batch
            from (select * from events where run_key = $1 and (sequence, number) > ($2, $3) and ($4::text is null or kind = $4)
                  order by sequence, number limit $5) stored
            union all
            select 1, sequence, 0, null, null, null, null, null, null, data from journal
            where run_key = $1 and sequence >= $2 and sequence > coalesce((select sequence from cursors where run_key = $1 and consumer = 'compactor'), 0)
            order by part, sequence, number
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(afterSequence);
        command.Parameters.AddWithValue(afterNumber);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)kind ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<(long, int, RunEvent)>();
        while (found.Count < limit && await reader.ReadAsync(cancel))
        {
            var sequence = reader.GetInt64(1);
            if (reader.GetInt32(0) == 0)
            {
                found.Add((sequence, reader.GetInt32(2), Read(reader, 3)));
                continue;
            }

            var events = JournalCodec.DecodeEvents(reader.GetFieldValue<byte[]>(9));
            for (var i = 0; i < events.Count && found.Count < limit; i++)
            {
                if ((kind is null || events[i].Kind == kind) && (sequence > afterSequence || i > afterNumber)) found.Add((sequence, i, events[i]));
            }
        }

        return found;
    }

    /// <summary>Each kind of event that a run logged, once; probes by their names, each once.</summary>
    public async Task<IReadOnlySet<(string Kind, string Name)>> KindsAsync(long runKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select kind, name, null::bytea from (select distinct kind, case when kind = 'probe' then name else '' end as name from events where run_key = $1) stored
            union all
            select null, null, data from journal where run_key = $1 and sequence > coalesce((select sequence from cursors where run_key = $1 and consumer = 'compactor'), 0)
            """);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new HashSet<(string, string)>();
        while (await reader.ReadAsync(cancel))
        {
            if (reader.IsDBNull(2)) found.Add((reader.GetString(0), reader.GetString(1)));
            else found.UnionWith(JournalCodec.DecodeEvents(reader.GetFieldValue<byte[]>(2)).Select(e => (e.Kind, e.Kind == "probe" ? e.Name : "")));
        }

        return found;
    }

    /// <summary>Where a page ended, as text for the next one: <c>sequence.number</c>.</summary>
    public static string Cursor(long sequence, int number) => string.Create(CultureInfo.InvariantCulture, $"{sequence}.{number}");

    /// <summary>Reads <c>kind, name, step, time, level, data</c> from a row.</summary>
    internal static RunEvent Read(NpgsqlDataReader reader, int first) => new()
    {
        Kind = reader.GetString(first),
        Name = reader.GetString(first + 1),
        Step = reader.IsDBNull(first + 2) ? null : reader.GetInt64(first + 2),
        Time = reader.GetInt64(first + 3),
        Level = reader.IsDBNull(first + 4) ? null : reader.GetString(first + 4),
        Data = reader.IsDBNull(first + 5) ? null : reader.GetString(first + 5),
    };
}
