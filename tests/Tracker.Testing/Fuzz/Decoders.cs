using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Tracker.Api.Ingest.Grpc;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Ingest.Rest;
using Tracker.Api.Runs.Query;
using Tracker.Core.Series;
using LogRequest = Tracker.Wire.V1.LogRequest;
using WireColumn = Tracker.Wire.V1.ScalarColumn;

namespace Tracker.Testing.Fuzz;

/// <summary>Every decoder of the server, with bytes that it takes.</summary>
public static class Decoders
{
    private const long Now = 1_763_800_000_000;
    private const int MessageLimit = 1 << 20;

    public static IReadOnlyList<FuzzTarget> All() => [Json(), Protobuf(), Frames("identity"), Frames("gzip"), Filters(), Orders(), Columns(), Cursors(), Journal(), Chunks(), Histograms()];

    /// <summary>A message of zeros that is a thousandth of its size when compressed.</summary>
    public static byte[] Bomb(int megabytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < megabytes; i++) gzip.Write(zeros);
        }

        return compressed.ToArray();
    }

    private static FuzzTarget Json() => new("JSON body",
    [
        """{"writer":"w-1","batch":3,"series":[{"name":"train/loss","steps":[1,2,3],"values":[0.5,"NaN",-Infinity],"times":[1763800000000,1763800000001,1763800000002]}]}"""u8.ToArray(),
        """{"points":[{"step":7,"time":1763800000000,"values":{"a":1e-3,"b/c":2.5e10}}],"histograms":[{"name":"h","step":1,"edges":[0,1,2],"counts":[3,4]},{"name":"g","step":2,"values":[1,2,3]}]}"""u8.ToArray(),
        """{"events":[{"kind":"probe","name":"x","step":1,"level":"warn","data":{"a":[1,null,true,"\u00e9"]}},{"kind":"console","name":"stdout","data":"text"}]}"""u8.ToArray(),
    ], input => LogBodyReader.Read(input, Now));

    private static FuzzTarget Protobuf() => new("protobuf message", [.. Messages().Select(message => message.ToByteArray())], input =>
    {
        try
        {
            LogRequestReader.Read(input, Now);
        }
        catch (GrpcException)
        {
            // A status is its way of saying no.
        }
    });

    private static FuzzTarget Frames(string coding) => new($"gRPC frames, {coding}", [.. Messages().Select(message => Frame(coding, message.ToByteArray())), [.. Messages().SelectMany(message => Frame(coding, message.ToByteArray()))]], input =>
    {
        try
        {
            using var reader = new MessageReader(PipeReader.Create(new MemoryStream(input)), coding, MessageLimit);
            while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } message)
            {
                if (message.Length > MessageLimit) throw new InvalidOperationException($"a message of {message.Length} bytes");
            }
        }
        catch (GrpcException)
        {
            // As above.
        }
    });

    private static FuzzTarget Filters() => new("filter",
        [.. Texts("metrics.val/loss < 0.3 and tags has \"baseline\"", "not (state = \"running\" or config.\"a.b\" in [1, 2, \"x\"]) and createdAt > -7d", "diagnoses has \"plateau\" and metrics.\"train/loss\".min <= 1e-3", "name contains \"lr\" or group = null")],
        input => FilterParser.Parse(Encoding.UTF8.GetString(input)));

    private static FuzzTarget Orders() => new("order", [.. Texts("metrics.val/loss.min asc, createdAt desc", "config.lr, name desc")], input => RunOrder.Parse(Encoding.UTF8.GetString(input)));

    private static FuzzTarget Columns() => new("columns", [.. Texts("name,state,metrics.val/loss,config.lr", "metrics.\"a b\".max,tags")], input => RunColumns.Parse(Encoding.UTF8.GetString(input)));

    private static FuzzTarget Cursors() => new("cursor", [Encoding.UTF8.GetBytes(new RunCursor("createdAt desc", DateTimeOffset.UnixEpoch, ["2026-11-22", null], 77).Encode())], input => RunCursor.Decode(Encoding.UTF8.GetString(input)));

    private static FuzzTarget Journal() => new("journal bytes", [JournalCodec.Encode(Batch())], Format(input => JournalCodec.Decode(input)));

    private static FuzzTarget Chunks()
    {
        using var builder = new ScalarChunkBuilder(1_000);
        var column = Batch().Scalars[0];
        builder.Add(1, 0, column);
        return new("chunk bytes", [.. builder.Build().Select(ScalarChunkCodec.Encode)], Format(input => ScalarChunkCodec.Decode(input)));
    }

    private static FuzzTarget Histograms()
    {
        var chunk = new HistogramChunk(Batch().Histograms, [new BatchRun(1, 0, 1)]);
        return new("histogram bytes", [HistogramChunkCodec.Encode(chunk)], Format(input => HistogramChunkCodec.Decode(input)));
    }

    /// <summary>Stored bytes that are not of the format are told by one exception.</summary>
    private static Action<byte[]> Format(Action<byte[]> decode) => input =>
    {
        try
        {
            decode(input);
        }
        catch (SeriesFormatException)
        {
            // Set aside and reported.
        }
    };

    private static LogBatch Batch()
    {
        var batch = LogBodyReader.Read("""
        {"series":[{"name":"a","steps":[1,2,3,5,8,13],"values":[0.5,1.25,"NaN",3,1e300,-2]},{"name":"b","steps":[10,20,30],"values":[1,2,3]}],
         "histograms":[{"name":"h","step":1,"edges":[0,1,2,4],"counts":[3,4,5]}],"events":[{"kind":"note","name":"n","data":{"x":1}}]}
        """u8, Now).Request!.Body;
        for (var i = 0; i < batch.Scalars.Count; i++) batch.Scalars[i].SeriesId = i;
        foreach (var histogram in batch.Histograms) histogram.SeriesId = batch.Scalars.Count;
        return batch;
    }

    private static IEnumerable<LogRequest> Messages() =>
    [
        new LogRequest { Run = "r", Writer = "w", Batch = 2, Series = { new WireColumn { Name = "train/loss", Steps = { 1, 2, 3 }, Values = { 0.5, double.NaN, 2 } } } },
        new LogRequest { Run = "r", Series = { new WireColumn { Name = "a", Steps = { -1 }, Values = { 1 } }, new WireColumn { Name = "b", Steps = { 1, 100 }, Values = { 1, double.PositiveInfinity } } } },
    ];

    private static byte[] Frame(string coding, byte[] message)
    {
        if (coding == "identity") return GrpcClient.Frame(message);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(message);
        return GrpcClient.Frame(compressed.ToArray(), 1);
    }

    private static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);
}
