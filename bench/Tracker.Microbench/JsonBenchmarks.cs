using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Tracker.Api.Ingest.Rest;

namespace Tracker.Microbench;

/// <summary>A body of a hundred series of ten steps, as clients send it: float32 values with all digits of the double.</summary>
[MemoryDiagnoser]
public class JsonBenchmarks
{
    private byte[] _body = [];

    [GlobalSetup]
    public void Make()
    {
        static string Row<T>(IEnumerable<T> values) => string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));
        var series = Points.Batch().Scalars.Select((column, i) =>
            $"{{\"name\":\"series/{i}\",\"steps\":[{Row(column.Steps)}],\"values\":[{Row(column.Values)}],\"times\":[{Row(column.Times)}]}}");
        _body = Encoding.UTF8.GetBytes($"{{\"writer\":\"w\",\"batch\":1,\"series\":[{string.Join(',', series)}]}}");
    }

    [Benchmark]
    public bool ReadBody() => LogBodyReader.Read(_body, 1_760_000_000_000).IsOk;
}
