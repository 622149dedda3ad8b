using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tracker.Testing;
using Tracker.Wire.V1;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary>Servers on one database and calls that go round them, as through a proxy without sticky sessions.</summary>
internal sealed class NodeLoad : IAsyncDisposable
{
    public const string Loss = "train/loss";
    public const int StepsPerBatch = 10;

    private readonly TemporaryFolder data = new();
    private readonly List<TrackerProcess> nodes = [];
    private int requests;

    /// <summary>Those that take calls; one that was stopped may be among them.</summary>
    public IReadOnlyList<TrackerProcess> Nodes
    {
        get
        {
            lock (nodes) return [.. nodes];
        }
    }

    /// <summary>Starts a node; it takes calls from now on.</summary>
    /// <param name="database">Connection string of the database that all share.</param>
    /// <param name="receiver">Where alerts go.</param>
    /// <param name="program">The server's assembly; null for that of this build.</param>
    public async Task<TrackerProcess> StartAsync(string database, string receiver, string? program = null)
    {
        var folder = Path.Combine(data.Path, $"node-{Guid.NewGuid():n}");
        Directory.CreateDirectory(folder);
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Tracker"] = database,
            ["Alerts__Webhook__Url"] = receiver,
            ["Alerts__AllowPrivateAddresses"] = "true",
            ["Alerts__ClaimDuration"] = "00:00:03",
            ["Alerts__RequestTimeout"] = "00:00:02",
        };
        var node = await TrackerProcess.StartAsync(folder, settings, program);
        lock (nodes) nodes.Add(node);
        return node;
    }

    /// <summary>Takes a node out of the round, as a proxy does that sees it is not ready, and stops it.</summary>
    public async Task<int> RetireAsync(TrackerProcess node)
    {
        lock (nodes) nodes.Remove(node);
        try
        {
            return await node.StopAsync();
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        data.Dispose();
    }

    /// <summary>To the next node in turn; when it does not answer, to the one after it, as a proxy and a client that sends again do.</summary>
    public async Task<JsonElement> PostAsync(string path, string body)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var client = new HttpClient { BaseAddress = Next().Address };
            try
            {
                return await (await client.PostAsync(path, body)).JsonAsync();
            }
            catch (HttpRequestException) when (attempt < 40)
            {
                // The batch may have been stored: its number tells.
                await Task.Delay(25);
            }
        }
    }

    /// <summary>Writes batches on a stream of gRPC; when its node goes away, on one of the next node, from what was acknowledged on.</summary>
    public async Task StreamAsync(string run, int batches, Action acknowledged, int from = 0)
    {
        for (var (through, attempt) = (from, 0); through < batches; attempt++)
        {
            using var client = new GrpcClient(Next().GrpcAddress!);
            try
            {
                using var stream = await client.OpenAsync("/tracker.v1.Ingest/LogStream");
                while (through < batches)
                {
                    await stream.SendAsync(GrpcClient.Frame(Message(run, through + 1)));
                    if (await stream.ReadAsync() is not { } answer) break;
                    through = (int)LogResponse.Parser.ParseFrom(answer).AcceptedThrough;
                    acknowledged();
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException && attempt < 40)
            {
                // Sent again under the same number, to another node.
                await Task.Delay(25);
            }
        }
    }

    public static string Batch(int number)
    {
        var steps = Steps(number);
        var values = steps.Select(step => double.IsNaN(Value(step)) ? "NaN" : Text(step));
        return $$$"""{"writer":"w","batch":{{{number}}},"series":[{"name":"{{{Loss}}}","steps":[{{{string.Join(',', steps)}}}],"times":[{{{string.Join(',', steps.Select(Time))}}}],"values":[{{{string.Join(',', values)}}}]}]}""";
    }

    /// <summary>Falls, and is NaN from a step on: something to be diagnosed.</summary>
    public static double Value(int step) => step < 120 ? 2.3 / (1 + (step / 40.0)) : double.NaN;

    public static string Text(int step) => Value(step).ToString("R", CultureInfo.InvariantCulture);

    public static List<string> Expected(int batches) => [.. Enumerable.Range(0, batches * StepsPerBatch).Select(step => $"{step},{Text(step)}")];

    /// <summary>Runs of which some consumer has not come to the head, or that nobody settled.</summary>
    public static async Task<string> BehindAsync(NpgsqlDataSource sql)
    {
        await using var command = sql.CreateCommand("""
            select coalesce(string_agg(distinct r.id || ' ' || coalesce(c.consumer, 'nobody') || ' ' || coalesce(c.sequence, 0) || '/' || h.sequence, ', '), '')
            from runs r join run_heads h using (run_key) left join cursors c using (run_key)
            where c.sequence is distinct from h.sequence
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    public static async Task<JsonElement[]> ItemsAsync(HttpClient client, string path) => [.. (await client.JsonAsync(path)).GetProperty("items").EnumerateArray()];

    private static byte[] Message(string run, int number)
    {
        var column = new ScalarColumn { Name = Loss };
        foreach (var step in Steps(number))
        {
            column.Steps.Add(step);
            column.Times.Add(Time(step));
            column.Values.Add(Value(step));
        }

        return Google.Protobuf.MessageExtensions.ToByteArray(new LogRequest { Run = run, Writer = "w", Batch = (ulong)number, Series = { column } });
    }

    private static int[] Steps(int number) => [.. Enumerable.Range((number - 1) * StepsPerBatch, StepsPerBatch)];

    private static long Time(int step) => 1_700_000_000_000L + (step * 100L);

    private TrackerProcess Next()
    {
        lock (nodes) return nodes[(int)((uint)Interlocked.Increment(ref requests) % (uint)nodes.Count)];
    }
}
