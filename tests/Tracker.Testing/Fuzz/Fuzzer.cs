using System.Diagnostics;

namespace Tracker.Testing.Fuzz;

/// <summary>Something that decodes bytes of strangers.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Seeds">Bytes that it takes; mutants are made of them.</param>
/// <param name="Decode">Decodes, or says no by one of its own exceptions, which it swallows.</param>
/// <param name="MostBytes">Most memory that one input of ours, at most some kilobytes, may make it allocate.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Decode, long MostBytes = 64 << 20);

/// <summary>An input that a decoder could not bear.</summary>
/// <param name="Target">The decoder.</param>
/// <param name="Input">The bytes, as base64.</param>
/// <param name="What">What happened.</param>
public sealed record FuzzFinding(string Target, string Input, string What);

/// <summary>
/// Mutates valid input and looks for what a decoder must not do: throw what is not its own way of saying no, take memory out of proportion, or not come back.
/// Deterministic by its seed. Without coverage to guide it, but with the format's own bytes to start from, most mutants get past the first checks.
/// </summary>
public sealed class Fuzzer(int seed)
{
    private static readonly byte[][] Interesting =
    [
        [0], [0xff], [0x7f], [0x80], [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], "\0"u8.ToArray(), "1e999"u8.ToArray(), "-1e-999"u8.ToArray(), "NaN"u8.ToArray(), "\"\\ud800\""u8.ToArray(), "[[[[[[[["u8.ToArray(),
        "{\"a\":"u8.ToArray(), "9007199254740993"u8.ToArray(), "((((((("u8.ToArray(), "not not not "u8.ToArray(), " and "u8.ToArray(), " or "u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(),
    ];

    private readonly Random random = new(seed);

    /// <summary>How many inputs were tried.</summary>
    public long Tried { get; private set; }

    /// <summary>Tries mutants of all targets in turn until the time is over.</summary>
    public IReadOnlyList<FuzzFinding> Run(IReadOnlyList<FuzzTarget> targets, TimeSpan time, CancellationToken cancel)
    {
        var findings = new List<FuzzFinding>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time && findings.Count < 20)
        {
            foreach (var target in targets)
            {
                cancel.ThrowIfCancellationRequested();
                for (var i = 0; i < 50; i++)
                {
                    if (Try(target, Mutant(target.Seeds)) is { } finding) findings.Add(finding);
                }
            }
        }

        return findings;
    }

    /// <summary>Tries one input.</summary>
    public FuzzFinding? Try(FuzzTarget target, byte[] input)
    {
        Tried++;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        try
        {
            target.Decode(input);
        }
        catch (Exception error)
        {
            return new FuzzFinding(target.Name, Convert.ToBase64String(input), $"{error.GetType().Name}: {error.Message} {error.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}");
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        if (bytes > target.MostBytes) return new FuzzFinding(target.Name, Convert.ToBase64String(input), $"{bytes:N0} bytes allocated");
        // Far beyond what a busy machine makes of microseconds: a loop that goes with a number of the input, not with its length.
        return clock.Elapsed > TimeSpan.FromSeconds(10) ? new FuzzFinding(target.Name, Convert.ToBase64String(input), $"{clock.Elapsed.TotalSeconds:0} s") : null;
    }

    private byte[] Mutant(IReadOnlyList<byte[]> seeds)
    {
        var bytes = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(8))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.InsertRange(at, Interesting[random.Next(Interesting.Length)]);
                    break;
                case 3 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(1, Math.Min(16, bytes.Count - at) + 1));
                    break;
                case 4 when at < bytes.Count:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    var other = seeds[random.Next(seeds.Count)];
                    var from = random.Next(other.Length + 1);
                    bytes.InsertRange(at, other.AsSpan(from, random.Next(other.Length - from + 1)).ToArray());
                    break;
                case 6 when at < bytes.Count:
                    var part = bytes.GetRange(at, Math.Min(random.Next(1, 64), bytes.Count - at));
                    for (var repeat = random.Next(1, 20); repeat > 0; repeat--) bytes.InsertRange(at, part);
                    break;
                case 7 when at < bytes.Count:
                    var interesting = Interesting[random.Next(Interesting.Length)];
                    for (var i = 0; i < interesting.Length && at + i < bytes.Count; i++) bytes[at + i] = interesting[i];
                    break;
            }
        }

        return [.. bytes];
    }
}
