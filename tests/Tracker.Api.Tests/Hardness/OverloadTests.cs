using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Testing;
using Tracker.Testing.Fuzz;
using Tracker.Wire.V1;
using Xunit;

namespace Tracker.Api.Tests.Hardness;

/// <summary>Clients that mean harm, or only have a bad network.</summary>
public sealed class OverloadTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_idle_and_two_hundred_slow_connections_do_no_harm()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var sockets = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 1_200; i++)
            {
                var socket = new TcpClient();
                sockets.Add(socket);
                await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
                // The last two hundred begin a request and never end it: half in its head, half in its body.
                if (i >= 1_000) await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(i % 2 == 0 ? "GET /api/v1/projects HTTP/1.1\r\nHo" : $"POST /api/v1/runs/{run}/log HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n{{"), Cancel);
            }

            for (var i = 0; i < 50; i++)
            {
                using var answer = await server.Client.LogAsync(run, $$"""{"series":[{"name":"a","steps":[{{i}}],"values":[1]}]}""");
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            (await server.Client.PointsAsync(run, "a")).Count.ShouldBe(50);
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose();
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_body_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked(string coding)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        using var bomb = new ByteArrayContent(coding == "gzip" ? Decoders.Bomb(512) : Brotli(512));
        bomb.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        bomb.Headers.ContentEncoding.Add(coding);
        var before = GC.GetTotalAllocatedBytes();
        using var answer = await server.Client.PostAsync(new Uri($"/api/v1/runs/{run}/log", UriKind.Relative), bomb, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(400L << 20, "512 MB were never in memory");
    }

    [Fact]
    public async Task A_message_of_gRPC_that_unpacks_to_more_than_the_limit_is_refused()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var client = new GrpcClient(server.GrpcAddress);
        var answer = await client.CallAsync("/tracker.v1.Ingest/Log", GrpcClient.Frame(Decoders.Bomb(512), 1), ("grpc-encoding", "gzip"));
        answer.Code.ShouldBe((int)GrpcCode.ResourceExhausted);
    }

    [Fact]
    public async Task While_the_database_hangs_what_waits_stays_within_its_bytes_and_the_rest_is_told_to_come_again()
    {
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Ingest:WaitingMegabytes", "2"));
        var run = await server.Client.CreateRunAsync();
        var values = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"{i}.{i}"));
        var body = $$"""{"series":[{"name":"a","steps":[{{string.Join(',', Enumerable.Range(0, 20_000))}}],"values":[{{values}}]}]}""";
        (await server.Client.LogAsync(run, body)).EnsureSuccessStatusCode();

        await using var database = Npgsql.NpgsqlDataSource.Create(server.ConnectionString);
        await using var hanging = await database.OpenConnectionAsync(Cancel);
        await using var transaction = await hanging.BeginTransactionAsync(Cancel);
        await using (var hold = new Npgsql.NpgsqlCommand("select 1 from run_heads for update", hanging, transaction)) await hold.ExecuteNonQueryAsync(Cancel);
        var sent = Enumerable.Range(0, 60).Select(_ => server.Client.LogAsync(run, body)).ToList();
        var first = await Task.WhenAny(sent);
        (await first).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await first).Headers.RetryAfter.ShouldNotBeNull();
        await transaction.RollbackAsync(Cancel);
        var answers = await Task.WhenAll(sent);
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK || answer.StatusCode == HttpStatusCode.TooManyRequests);
        answers.ShouldContain(answer => answer.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_node_without_room_tells_every_protocol_to_come_again_and_streams_wait_until_it_has_some()
    {
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Ingest:WaitingMegabytes", "1"));
        var room = server.Services.GetRequiredService<IngestRoom>();
        var run = await server.Client.CreateRunAsync();
        using var client = new GrpcClient(server.GrpcAddress);
        using var stream = await client.OpenAsync("/tracker.v1.Ingest/LogStream");
        byte[] Batch(string writer) => GrpcClient.Frame(new LogRequest { Run = run, Writer = writer, Batch = 1, Series = { new ScalarColumn { Name = "a", Steps = { 1 }, Values = { 1 } } } }.ToByteArray());
        ValueTask<byte[]?> waiting;
        using (var all = room.Open())
        {
            all.TryGrow(1 << 20).ShouldBeTrue();
            using var refused = await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[1],"values":[1]}]}""");
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter.ShouldNotBeNull();
            (await client.CallAsync("/tracker.v1.Ingest/Log", Batch("unary"))).Code.ShouldBe((int)GrpcCode.ResourceExhausted);
            using var ready = await server.Client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancel);
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            await stream.SendAsync(Batch("stream"), Cancel);
            waiting = stream.ReadAsync(Cancel);
            // What the stream sent came before this call, which is answered while the batch waits.
            await (await server.Client.GetAsync(new Uri($"/api/v1/runs/{run}", UriKind.Relative), Cancel)).JsonAsync();
            waiting.IsCompleted.ShouldBeFalse();
        }

        LogResponse.Parser.ParseFrom((await waiting)!).AcceptedThrough.ShouldBe(1ul);
        (await client.CallAsync("/tracker.v1.Ingest/Log", Batch("unary"))).Code.ShouldBe((int)GrpcCode.Ok);
        (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[1],"values":[1]}]}""")).EnsureSuccessStatusCode();
        stream.Complete();
        (await stream.ReadAsync(Cancel)).ShouldBeNull();
        room.Used.ShouldBe(0);
    }

    [Fact]
    public void A_batch_that_is_alone_finds_room_whatever_its_size()
    {
        var room = new IngestRoom(Options.Create(new IngestOptions { WaitingMegabytes = 1 }));
        using (var large = room.Open())
        {
            large.TryGrow(5 << 20).ShouldBeTrue();
            using var small = room.Open();
            small.TryGrow(1).ShouldBeFalse();
            large.Set(1_000);
            small.TryGrow(1).ShouldBeTrue();
            small.TryGrow(2 << 20).ShouldBeFalse();
            room.Used.ShouldBe(1_001);
        }

        room.Used.ShouldBe(0);
    }

    [Fact]
    public void When_the_tails_of_all_runs_pass_their_bytes_those_that_hold_most_make_room()
    {
        var room = new TailRoom(Options.Create(new IngestOptions { TailMegabytes = 1 }));
        room.Change(0, 900_000);
        room.Change(0, 100_000);
        room.IsOwedBy(900_000).ShouldBeFalse();
        room.Change(100_000, 200_000);
        room.IsOwedBy(900_000).ShouldBeTrue();
        room.IsOwedBy(200_000).ShouldBeFalse();
        room.Change(900_000, 0);
        room.IsOwedBy(200_000).ShouldBeFalse();
        room.Used.ShouldBe(200_000);
    }

    private static byte[] Brotli(int megabytes)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new System.IO.Compression.BrotliStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < megabytes; i++) brotli.Write(zeros);
        }

        return compressed.ToArray();
    }
}
