using System.Globalization;
using Npgsql;

namespace Tracker.Api.Admin;

public enum FindingLevel
{
    Fine,

    /// <summary>It works, and costs speed or room.</summary>
    Slow,

    /// <summary>Data is at risk, or the server does not work.</summary>
    Bad,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Level">How it stands.</param>
/// <param name="What">The setting.</param>
/// <param name="Says">Its value, and what to do.</param>
public sealed record Finding(FindingLevel Level, string What, string Says);

/// <summary>Looks at a PostgreSQL for what the settings of the private one say (<c>Embedded/postgresql.conf</c>): most of it is a foreign server's administrator's to change.</summary>
public static class Doctor
{
    public static async Task<IReadOnlyList<Finding>> LookAsync(NpgsqlDataSource source, TimeProvider clock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(clock);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var command = source.CreateCommand("select name, setting from pg_settings"))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel)) settings[reader.GetString(0)] = reader.IsDBNull(1) ? "" : reader.GetString(1);
        }

        var findings = new List<Finding>();
        var version = int.Parse(settings["server_version_num"], CultureInfo.InvariantCulture) / 10_000;
        Add("server_version", version >= 14, FindingLevel.Bad, "PostgreSQL 14 or newer is needed");
        Add("fsync", settings["fsync"] == "on", FindingLevel.Bad, "off loses what was acknowledged when the machine stops");
        Add("full_page_writes", settings["full_page_writes"] == "on", FindingLevel.Bad, "off breaks pages when the machine stops, but on file systems that write them whole");
        Add("autovacuum", settings["autovacuum"] == "on", FindingLevel.Bad, "off lets the journal's table grow without end");
        Add("max_connections", Number("max_connections") >= 80, FindingLevel.Slow, "a node uses up to 64, and some are for others: 100 for one node, 70 more for each further one");
        Add("max_wal_size", Number("max_wal_size") >= 2_048, FindingLevel.Slow, "ingest writes steadily: below 2 GB checkpoints come too often; 4 GB is good");
        Add("wal_compression", settings["wal_compression"] is not "pglz" and not "on", FindingLevel.Slow, "pglz costs more than it saves: lz4 or off");
        Add("jit", settings["jit"] == "off", FindingLevel.Slow, "statements are short: compiling them costs more than it gives; off");
        Add("random_page_cost", Real("random_page_cost") <= 2, FindingLevel.Slow, "on solid-state disks 1.1 makes better plans");
        Add("shared_buffers", Number("shared_buffers") * 8 / 1_024 >= 128, FindingLevel.Slow, "128 MB at least, an eighth of the memory is good");
        await AskAsync("select pg_encoding_to_char(encoding) = 'UTF8', pg_encoding_to_char(encoding) from pg_database where datname = current_database()", "encoding", FindingLevel.Bad, "the database must be UTF8");
        await AskAsync("select datcollate in ('C', 'POSIX', 'C.UTF-8', 'C.utf8'), datcollate from pg_database where datname = current_database()", "collation", FindingLevel.Slow, "C sorts and compares names fastest: initdb --locale=C");
        await AskAsync("select has_schema_privilege(current_schema(), 'CREATE'), current_user::text", "may make tables", FindingLevel.Bad, "this user must be able to create tables in its schema: grant create on schema public");
        await AskAsync("select count(*) = 0, count(*) || ' batches' from journal_rejects", "batches that were set aside", FindingLevel.Bad, "they could not be decoded: see journal_rejects");
        await using (var command = source.CreateCommand("select clock_timestamp()"))
        {
            var difference = ((DateTime)(await command.ExecuteScalarAsync(cancel))! - clock.GetUtcNow().UtcDateTime).Duration();
            findings.Add(new Finding(difference < TimeSpan.FromSeconds(5) ? FindingLevel.Fine : FindingLevel.Slow, "clock",
                string.Create(CultureInfo.InvariantCulture, $"{difference.TotalSeconds:0.0} s apart from this machine{(difference < TimeSpan.FromSeconds(5) ? "" : "; expiry and times of runs are this machine's: set both by NTP")}")));
        }

        return findings;

        long Number(string name) => long.Parse(settings[name], CultureInfo.InvariantCulture);
        double Real(string name) => double.Parse(settings[name], CultureInfo.InvariantCulture);
        void Add(string name, bool good, FindingLevel otherwise, string remedy) =>
            findings.Add(new Finding(good ? FindingLevel.Fine : otherwise, name, good ? settings.GetValueOrDefault(name, "") : $"{settings.GetValueOrDefault(name, "")}: {remedy}"));
        async Task AskAsync(string sql, string what, FindingLevel otherwise, string remedy)
        {
            await using var command = source.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            findings.Add(new Finding(reader.GetBoolean(0) ? FindingLevel.Fine : otherwise, what, reader.GetBoolean(0) ? reader.GetString(1) : $"{reader.GetString(1)}: {remedy}"));
        }
    }
}
