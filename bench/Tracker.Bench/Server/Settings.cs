using System.Runtime.InteropServices;

namespace Tracker.Bench.Server;

/// <summary>Says on what the figures were measured: the machine, and the settings of the product as it started itself.</summary>
internal static class Settings
{
    public static async Task PrintAsync(BenchServer server, CancellationToken cancel)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        Bench.Note($"machine: {Environment.ProcessorCount} cores, {memory} GB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}{LoadAverage()}");
        Bench.Note($"server: Tracker.Api (Release) --urls http://127.0.0.1:0, TRACKER_DATA={server.DataFolder}, listens on {server.Address}");
        await using var command = server.Database.CreateCommand("""
            select 'PostgreSQL ' || current_setting('server_version') || ': '
              || string_agg(name || '=' || current_setting(name), ', ' order by name)
            from pg_settings
            where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'wal_compression',
              'autovacuum', 'autovacuum_naptime', 'jit', 'max_parallel_workers_per_gather', 'wal_level')
            """);
        Bench.Note($"{await command.ExecuteScalarAsync(cancel)}");
    }

    private static string LoadAverage() => OperatingSystem.IsLinux() ? $", load {File.ReadAllText("/proc/loadavg").Trim()}" : "";
}
