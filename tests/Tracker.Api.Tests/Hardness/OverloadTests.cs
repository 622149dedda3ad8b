using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Testing;
using Tracker.Testing.Fuzz;
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
