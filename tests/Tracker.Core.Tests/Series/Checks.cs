using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;

namespace Tracker.Core.Tests.Series;

/// <summary>How properties are run, and damage done to bytes.</summary>
internal static class Checks
{
    public static Gen<int> Position { get; } = Gen.Choose(0, 1_000_000);

    /// <summary>Bytes to overwrite: where, and with what; mostly the ones that lengths are made of.</summary>
    public static Gen<(int At, byte With)[]> Changes { get; } =
        (from at in Gen.OneOf(Gen.Choose(0, 40), Gen.Choose(0, 10_000))
         from with in Gen.OneOf(Gen.Elements(0, 1, 2, 3, 0x7f, 0x80, 0xff), Gen.Choose(0, 255))
         select (at, (byte)with)).NonEmptyListOf().Select(l => l.Take(4).ToArray());

    public static void ForAll<T>(Gen<T> values, Action<T> holds, int tests = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(values.ToArbitrary(), holds));

    public static void ForAll<T1, T2>(Gen<T1> first, Gen<T2> second, Action<T1, T2> holds, int tests = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(first.ToArbitrary(), second.ToArbitrary(), holds));

    /// <summary>Overwrites bytes and makes the checksum right again, as a faulty writer would.</summary>
    public static byte[] Forge(byte[] data, (int At, byte With)[] changes)
    {
        foreach (var (at, with) in changes) data[1 + (at % (data.Length - 5))] = with;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(data.Length - 4), Crc32C(data.AsSpan(0, data.Length - 4)));
        return data;
    }

    /// <summary>Any exception but the one of the format fails the test, and so does memory beyond what the limits allow.</summary>
    public static void DecodesOrRefuses(Action decode)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            decode();
        }
        catch (SeriesFormatException)
        {
            // The answer that bytes like these deserve.
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 * SeriesLimits.MaxPointsPerBatch);
    }

    /// <summary>The checksum as it is defined, bit by bit: independent of the code under test.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }

        return ~crc;
    }
}
