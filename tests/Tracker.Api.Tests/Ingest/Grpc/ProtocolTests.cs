using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Shouldly;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Testing;
using Tracker.Wire.V1;
using Xunit;

namespace Tracker.Api.Tests.Ingest.Grpc;

/// <summary>The framing, the headers and the statuses, with bytes that no official client sends.</summary>
public sealed class ProtocolTests(PostgresFixture postgres)
{
    private const string Log = "/tracker.v1.Ingest/Log";
    private const string LogStream = "/tracker.v1.Ingest/LogStream";

    private static LogRequest Batch(string run, ulong number, int points = 3)
    {
        var column = new ScalarColumn { Name = "train/loss" };
        for (var i = 0; i < points; i++)
        {
            column.Steps.Add(((long)number * points) + i);
            column.Values.Add(i / 3.0);
        }

        return new LogRequest { Run = run, Writer = "w", Batch = number, Series = { column } };
    }

    [Fact]
    public async Task Content_types_that_are_not_gRPCs_get_415_and_other_methods_405()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        foreach (var type in new[] { "application/json", "application/grpc-web", "application/grpc+json", "application/grpcx", "" })
        {
            (await client.CallAsync(Log, [], ("content-type", type))).Http.ShouldBe(HttpStatusCode.UnsupportedMediaType, type);
        }

        foreach (var type in new[] { "application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8", "APPLICATION/GRPC" })
        {
            var answer = await client.CallAsync(Log, GrpcClient.Frame([]), ("content-type", type));
            (answer.Http, answer.Code).ShouldBe((HttpStatusCode.OK, (int)GrpcCode.InvalidArgument), type);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, Log)) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new("application/grpc");
        using var old = await server.Client.SendAsync(request);
        old.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    [Fact]
    public async Task An_error_before_any_message_is_trailers_only()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var answer = await client.CallAsync("/tracker.v1.Ingest/Größe", GrpcClient.Frame([]), ("grpc-accept-encoding", "gzip"));
        answer.Code.ShouldBe((int)GrpcCode.Unimplemented);
        answer.Text.ShouldContain("Gr%C3%B6%C3%9Fe");
        answer.Headers.Keys.ShouldNotContain("grpc-encoding");
        answer.Headers["grpc-accept-encoding"].ShouldBe("identity,gzip,deflate");
    }

    [Fact]
    public async Task Compression_that_is_unknown_missing_or_broken_is_told_apart()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var message = Batch(await server.Client.CreateRunAsync(), 1, 1_000).ToByteArray();
        var gzip = Gzip(message);
        (await CodeAsync(GrpcClient.Frame(message), ("grpc-encoding", "snappy"))).ShouldBe(GrpcCode.Unimplemented);
        (await CodeAsync(GrpcClient.Frame(gzip, 1))).ShouldBe(GrpcCode.Internal);
        (await CodeAsync(GrpcClient.Frame(gzip, 1), ("grpc-encoding", "identity"))).ShouldBe(GrpcCode.Internal);
        (await CodeAsync(GrpcClient.Frame(message, 1), ("grpc-encoding", "gzip"))).ShouldBe(GrpcCode.Internal);
        (await CodeAsync(GrpcClient.Frame(gzip.AsSpan(0, gzip.Length / 2), 1), ("grpc-encoding", "gzip"))).ShouldBe(GrpcCode.Internal);
        (await CodeAsync(GrpcClient.Frame(message, 2), ("grpc-encoding", "gzip"))).ShouldBe(GrpcCode.Internal);
        (await CodeAsync(GrpcClient.Frame(gzip, 1), ("grpc-encoding", "gzip"))).ShouldBe(GrpcCode.Ok);
        // The encoding is an offer: each message says whether it uses it.
        (await CodeAsync(GrpcClient.Frame(message), ("grpc-encoding", "gzip"))).ShouldBe(GrpcCode.Ok);

        async Task<GrpcCode> CodeAsync(byte[] body, params (string, string)[] headers) => (GrpcCode)(await client.CallAsync(Log, body, headers)).Code!.Value;
    }

    [Fact]
    public async Task A_bomb_is_not_unpacked()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var bomb = Gzip(new byte[600 << 20]);
        var before = GC.GetTotalAllocatedBytes();
        var answer = await client.CallAsync(Log, GrpcClient.Frame(bomb, 1), ("grpc-encoding", "gzip"));
        answer.Code.ShouldBe((int)GrpcCode.ResourceExhausted);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(200 << 20);
    }

    [Fact]
    public async Task A_length_over_the_limit_is_refused_without_waiting_for_the_bytes()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        using var stream = await client.OpenAsync(LogStream);
        await stream.SendAsync(new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF });
        (await stream.ReadAsync()).ShouldBeNull();
        stream.End().Code.ShouldBe((int)GrpcCode.ResourceExhausted);
    }

    [Fact]
    public async Task Unary_calls_take_exactly_one_message()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var run = await server.Client.CreateRunAsync();
        var frame = GrpcClient.Frame(Batch(run, 1).ToByteArray());
        (await client.CallAsync(Log, [])).Code.ShouldBe((int)GrpcCode.Unimplemented);
        (await client.CallAsync(Log, [.. frame, .. frame])).Code.ShouldBe((int)GrpcCode.Unimplemented);
        (await client.CallAsync(Log, frame)).Code.ShouldBe((int)GrpcCode.Ok);
        (await server.Client.PointsAsync(run, "train/loss")).Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("1S", GrpcCode.InvalidArgument)]
    [InlineData("99999999H", GrpcCode.InvalidArgument)]
    [InlineData("0n", GrpcCode.DeadlineExceeded)]
    [InlineData("1n", GrpcCode.DeadlineExceeded)]
    [InlineData("123456789S", GrpcCode.Internal)]
    [InlineData("-1S", GrpcCode.Internal)]
    [InlineData("1.5S", GrpcCode.Internal)]
    [InlineData("S", GrpcCode.Internal)]
    [InlineData("5x", GrpcCode.Internal)]
    public async Task Deadlines_are_read_as_they_are_specified(string timeout, GrpcCode expected)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        (await client.CallAsync(Log, GrpcClient.Frame([]), ("grpc-timeout", timeout))).Code.ShouldBe((int)expected);
    }

    [Fact]
    public async Task Torn_and_twisted_requests_get_a_status_and_never_an_error_of_the_server()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var run = await server.Client.CreateRunAsync();
        var good = GrpcClient.Frame(Batch(run, 1).ToByteArray());
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var bytes = Twist(good, i);
            var path = i % 3 == 0 ? LogStream : i % 3 == 1 ? Log : "/tracker.v1.Ingest/CreateRun";
            var answer = await client.CallAsync(path, bytes);
            answer.Http.ShouldBe(HttpStatusCode.OK);
            var code = (GrpcCode)answer.Code.ShouldNotBeNull($"{path} {Convert.ToHexString(bytes)}");
            code.ShouldBeOneOf([GrpcCode.Ok, GrpcCode.Internal, GrpcCode.InvalidArgument, GrpcCode.NotFound, GrpcCode.AlreadyExists, GrpcCode.FailedPrecondition, GrpcCode.ResourceExhausted, GrpcCode.Unimplemented], answer.Text);
            answer.Text.ShouldNotContain("server failed", Case.Insensitive, $"{path} {Convert.ToHexString(bytes)}");
        });
        (await client.CallAsync(Log, GrpcClient.Frame(Batch(await server.Client.CreateRunAsync(), 1).ToByteArray()))).Code.ShouldBe((int)GrpcCode.Ok);
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one_and_many_frames_at_once()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var run = await server.Client.CreateRunAsync();
        using var stream = await client.OpenAsync(LogStream);
        foreach (var b in GrpcClient.Frame(Batch(run, 1).ToByteArray())) await stream.SendAsync(new[] { b });
        LogResponse.Parser.ParseFrom((await stream.ReadAsync())!).AcceptedThrough.ShouldBe(1ul);
        await stream.SendAsync(Enumerable.Range(2, 300).SelectMany(n => GrpcClient.Frame(Batch(run, (ulong)n).ToByteArray())).ToArray());
        stream.Complete();
        for (var n = 2; n <= 301; n++) LogResponse.Parser.ParseFrom((await stream.ReadAsync())!).AcceptedThrough.ShouldBe((ulong)n);
        (await stream.ReadAsync()).ShouldBeNull();
        stream.End().Code.ShouldBe((int)GrpcCode.Ok);
        (await server.Client.PointsAsync(run, "train/loss")).Count.ShouldBe(903);
    }

    [Fact]
    public async Task A_stream_that_meets_a_bad_batch_acknowledges_those_before_it()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var run = await server.Client.CreateRunAsync();
        var bad = new LogRequest { Run = run, Writer = "w", Batch = 3, Series = { new ScalarColumn { Name = "a", Steps = { 1 } } } };
        var answer = await client.CallAsync(LogStream, [.. new[] { Batch(run, 1), Batch(run, 2), bad, Batch(run, 4) }.SelectMany(batch => GrpcClient.Frame(batch.ToByteArray()))]);
        answer.Messages.Select(message => LogResponse.Parser.ParseFrom(message).AcceptedThrough).ShouldBe([1ul, 2ul]);
        answer.Code.ShouldBe((int)GrpcCode.InvalidArgument);
        answer.Text.ShouldStartWith("series[0].values: ");
    }

    [Fact]
    public async Task A_server_that_stops_acknowledges_what_it_has_and_ends_the_stream_as_unavailable()
    {
        var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var run = await server.Client.CreateRunAsync();
        using var stream = await client.OpenAsync(LogStream);
        await stream.SendAsync(GrpcClient.Frame(Batch(run, 1).ToByteArray()));
        LogResponse.Parser.ParseFrom((await stream.ReadAsync())!).AcceptedThrough.ShouldBe(1ul);
        var stopped = server.DisposeAsync().AsTask();
        (await stream.ReadAsync()).ShouldBeNull();
        stream.End().Code.ShouldBe((int)GrpcCode.Unavailable);
        await stopped;
    }

    /// <summary>The good request with bytes flipped, cut off, put in or doubled, or nothing but noise.</summary>
    private static byte[] Twist(byte[] good, int seed)
    {
        var random = new Random(seed);
        var bytes = new List<byte>(good);
        if (seed % 10 == 0)
        {
            bytes.Clear();
            for (var i = random.Next(60); i > 0; i--) bytes.Add((byte)random.Next(256));
        }

        for (var i = random.Next(1, 4); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    // Inside of the frame: its length still fits.
                    if (at >= 5) bytes[at] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest)) gzip.Write(plain);
        return bytes.ToArray();
    }
}
