using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;

namespace Tracker.Api.Auth;

/// <summary>How often a key, a person or an address may call: a bucket of permits each that fills at a steady rate. Each node counts for itself.</summary>
public sealed class RateLimits(IOptions<AccessOptions> options, TimeProvider clock)
{
    private const int Burst = 10;
    private const int MostBuckets = 100_000;

    private readonly ConcurrentDictionary<(char Kind, object Who), Bucket> buckets = new();

    private sealed class Bucket
    {
        public double Permits;
        public long At;
    }

    /// <summary>Takes a permit of whoever calls; else the seconds to wait.</summary>
    public int? Take(Caller caller, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.Kind switch
        {
            CallerKind.Local => null,
            CallerKind.User or CallerKind.Key => Take(('c', (caller.Kind, caller.KeyId ?? caller.UserKey)), options.Value.RequestsPerSecond),
            // Who has a link reads pages of charts; a whole lecture hall may sit behind one address.
            CallerKind.Share => Take(('s', address ?? IPAddress.None), options.Value.AnonymousPerSecond * 10.0),
            _ => Take(('a', address ?? IPAddress.None), options.Value.AnonymousPerSecond),
        };
    }

    /// <summary>Takes a permit to try a password, a key or an invitation.</summary>
    public int? TakeSignIn(IPAddress? address) => Take(('p', address ?? IPAddress.None), options.Value.SignInsPerMinute / 60.0, options.Value.SignInsPerMinute);

    private int? Take((char, object) who, double perSecond, double? most = null)
    {
        if (perSecond <= 0) return null;
        var full = most ?? perSecond * Burst;
        // Whoever is forgotten starts with a full bucket: memory is bounded, and an attacker who has that many addresses is not held by a bucket.
        if (buckets.Count > MostBuckets) buckets.Clear();
        var now = clock.GetTimestamp();
        var bucket = buckets.GetOrAdd(who, static (_, start) => new Bucket { Permits = start.full, At = start.now }, (full, now));
        lock (bucket)
        {
            bucket.Permits = Math.Min(full, bucket.Permits + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
            bucket.At = now;
            if (bucket.Permits < 1) return (int)Math.Ceiling((1 - bucket.Permits) / perSecond);
            bucket.Permits--;
            return null;
        }
    }
}
