using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Npgsql;
using Tracker.Api.Storage;

namespace Tracker.Api.Series;

/// <summary>
/// Conditional reads: what a run holds changes only with its sequence, or once when it is thinned out, so a tag made of run keys (never reused),
/// sequences, that moment and the query says whether a client's copy is still right, at the price of one look at the heads. Every read may be kept and must be asked for again
/// (<c>private, no-cache</c>): a finished run still takes batches that were spooled.
/// </summary>
public sealed class ReadTags(NpgsqlDataSource database)
{
    /// <summary>Changes when the same points would be answered in another form.</summary>
    private const byte Form = 1;

    /// <summary>Whether the copy that the client has is still right. Nothing is read when it has none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="runs">The runs it reads.</param>
    /// <param name="ofPoints">Whether points are answered, which thinning changes, and not their summaries.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<bool> IsCurrentAsync(HttpContext context, IReadOnlyList<RunRef> runs, bool ofPoints, CancellationToken cancel)
    {
        if (context.Request.Headers.IfNoneMatch.Count == 0) return false;
        await using var command = database.CreateCommand("select run_key, sequence, thinned_at from run_heads join runs using (run_key) where run_key = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. runs.Select(run => run.RunKey)] });
        var heads = new Dictionary<long, RunState>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                heads[reader.GetInt64(0)] = new RunState(reader.GetInt64(0), reader.GetInt64(1), !ofPoints || reader.IsDBNull(2) ? null : reader.GetDateTime(2));
            }
        }

        var tag = TagOf(context, [.. runs.Select(run => heads.GetValueOrDefault(run.RunKey))]);
        if (!context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false))) return false;
        Set(context, tag);
        return true;
    }

    /// <summary>Puts the tag of what is about to be answered on the answer.</summary>
    public static void Set(HttpContext context, params ReadOnlySpan<RunState> runs) => Set(context, TagOf(context, runs));

    private static void Set(HttpContext context, EntityTagHeaderValue tag)
    {
        context.Response.Headers.ETag = tag.ToString();
        context.Response.Headers.CacheControl = "private, no-cache";
    }

    /// <summary>Weak: the same answer may travel compressed.</summary>
    private static EntityTagHeaderValue TagOf(HttpContext context, ReadOnlySpan<RunState> runs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([Form]);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context.Request.Path}{context.Request.QueryString}\n"));
        Span<byte> number = stackalloc byte[24];
        foreach (var (key, sequence, thinnedAt) in runs)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, key);
            BinaryPrimitives.WriteInt64LittleEndian(number[8..], sequence);
            BinaryPrimitives.WriteInt64LittleEndian(number[16..], thinnedAt?.Ticks ?? 0);
            hash.AppendData(number);
        }

        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}\"", isWeak: true);
    }
}

/// <summary>What decides what a read of a run answers.</summary>
/// <param name="RunKey">The run's key.</param>
/// <param name="Sequence">Number of its last batch.</param>
/// <param name="ThinnedAt">When it was thinned out; null when it was not, or where that changes nothing.</param>
public readonly record struct RunState(long RunKey, long Sequence, DateTime? ThinnedAt = null);
