using System.Globalization;
using System.Text;
using Shouldly;
using Tracker.Api.Ingest.Rest;
using Xunit;

namespace Tracker.Api.Tests.Ingest;

public sealed class JsonNumberTests
{
    private const int Count = 1_000_000;

    [Theory]
    [InlineData("widened float32")]
    [InlineData("shortest double")]
    [InlineData("any digits and exponent")]
    [InlineData("between two doubles")]
    public void Numbers_are_read_as_the_framework_reads_them(string kind)
    {
        var random = new Random(7);
        for (var i = 0; i < Count; i++)
        {
            var text = kind switch
            {
                "widened float32" => ((double)BitConverter.Int32BitsToSingle(random.Next())).ToString("R", CultureInfo.InvariantCulture),
                "shortest double" => BitConverter.Int64BitsToDouble(random.NextInt64()).ToString("R", CultureInfo.InvariantCulture),
                "between two doubles" => Between(random),
                _ => Any(random),
            };
            if (text.Contains('N', StringComparison.Ordinal)) continue;
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            JsonNumber.Read(Encoding.ASCII.GetBytes(text), out var value).ShouldBe(text.Length, text);
            BitConverter.DoubleToInt64Bits(value).ShouldBe(BitConverter.DoubleToInt64Bits(expected), text);
        }
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("9007199254740991e22")]
    [InlineData("1e23")]
    [InlineData("8.5e22")]
    [InlineData("18446744073709551615")]
    [InlineData("9999999999999999999e-64")]
    [InlineData("9999999999999999999e64")]
    [InlineData("1e-64")]
    [InlineData("-0.0")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("5e-324")]
    [InlineData("1.7976931348623157e308")]
    public void The_edges_are_read_exactly(string text)
    {
        JsonNumber.Read(Encoding.ASCII.GetBytes(text), out var value).ShouldBe(text.Length);
        BitConverter.DoubleToInt64Bits(value).ShouldBe(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)));
    }

    private static string Any(Random random)
    {
        var digits = random.NextInt64() >> random.Next(63);
        return random.Next(3) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"{digits}e{random.Next(-330, 310)}"),
            1 => string.Create(CultureInfo.InvariantCulture, $"-{digits}.{random.NextInt64() >> random.Next(63)}e{random.Next(-70, 70)}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"0.{digits:D19}"),
        };
    }

    /// <summary>Numbers that lie exactly, or by one digit, between two neighbours: 54 bits with the last one set, shifted.</summary>
    private static string Between(Random random)
    {
        var half = (decimal)((random.NextInt64(1L << 53) | (1L << 53)) | 1) / (1 << random.Next(4));
        return string.Create(CultureInfo.InvariantCulture, $"{half + (random.Next(-1, 2) * 0.001m)}");
    }
}
