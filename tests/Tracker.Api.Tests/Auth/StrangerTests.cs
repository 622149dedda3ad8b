using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Auth;

/// <summary>What somebody without a key tries first: paths that lead out, headers that say who one is, requests that are two.</summary>
public sealed class StrangerTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_gets_in_by_a_path_a_header_or_a_request_in_two_readings()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var stranger = world.With(null);

        foreach (var path in new[] { "/..%2f..%2f..%2fetc/passwd", "/assets/..%2f..%2fappsettings.json", "/%2e%2e/%2e%2e/appsettings.json", "/appsettings.json", "/Tracker.Api.dll", "/.git/config", "/%5c%5cevil.example" })
        {
            // The dashboard's page answers addresses that may be its own; a file of the machine never comes.
            using var answer = await stranger.GetAsync(new Uri(world.Server.Address, path), Cancel);
            var body = await answer.Content.ReadAsStringAsync(Cancel);
            (answer.StatusCode == HttpStatusCode.NotFound || body.StartsWith("<!doctype html>", StringComparison.OrdinalIgnoreCase)).ShouldBeTrue($"{path}: {answer.StatusCode} {body}");
        }

        foreach (var (header, value) in new[]
        {
            ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-User", "admin"), ("Remote-User", "admin"), ("X-Auth-Request-Email", "admin@example.com"), ("X-Original-URL", "/healthz"), ("X-HTTP-Method-Override", "OPTIONS"),
            ("Authorization", "Bearer "), ("Authorization", "Negotiate abc"), ("Authorization", "Basic " + new string('A', 2_000)), ("Cookie", "tracker_session=x; tracker_shares=y"), ("Host", "localhost"),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/runs/{world.Mine.Run}", UriKind.Relative));
            request.Headers.TryAddWithoutValidation(header, value).ShouldBeTrue();
            using var answer = await stranger.SendAsync(request, Cancel);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{header}: {value}");
        }

        // In an address a key is for the hub's websocket alone: addresses stand in logs.
        (await stranger.GetAsync(new Uri($"/api/v1/runs/{world.Mine.Run}?access_token={world.AdminKey}", UriKind.Relative), Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.PostAsync("/hubs/live/negotiate?negotiateVersion=1", "")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var said = await SayAsync(world.Server.Address, "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        said.Split("HTTP/1.1 ").Length.ShouldBe(2, $"one answer, and the connection is closed: {said}");
    }

    /// <summary>All that the server answers to these bytes until it closes.</summary>
    private static async Task<string> SayAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, Cancel);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancel);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }
}
