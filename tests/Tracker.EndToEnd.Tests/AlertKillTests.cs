using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>Alerts of many sick runs, while the server and its database are killed in the middle: each arrives, and a double bears the id of the first.</summary>
public sealed class AlertKillTests : IDisposable
{
    private const int Runs = 30;

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task No_alert_is_lost_when_server_and_database_are_killed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Processes are killed by signal.");
        var seen = new ConcurrentDictionary<string, ConcurrentBag<string>>();
        await using var receiver = await ReceiveAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            var alert = body.RootElement;
            seen.GetOrAdd(context.Request.Headers["webhook-id"].ToString(), _ => []).Add($"{alert.GetProperty("type")} {alert.GetProperty("data").GetProperty("run")} {alert.GetProperty("data").GetProperty("title")}");
            // Slow enough that a kill finds messages under way.
            await Task.Delay(20);
        });
        await using var server = await TrackerProcess.StartAsync(data.Path, new Dictionary<string, string>
        {
            ["Alerts__Webhook__Url"] = receiver.Urls.First(),
            ["Alerts__AllowPrivateAddresses"] = "true",
            ["Alerts__ClaimDuration"] = "00:00:03",
            ["Alerts__RequestTimeout"] = "00:00:02",
        });
        using var client = new HttpClient { BaseAddress = server.Address };
        for (var n = 0; n < Runs; n++)
        {
            await SickAsync(client, $"run-{n}");
            if (n is 10 or 20)
            {
                await TrackerApi.UntilAsync(() => Task.FromResult(seen.Count), count => count > 0, "a message is under way");
                if (n == 20) KillDatabase();
                await server.KillAsync();
                await server.StartAsync();
            }
        }

        List<string> told = [];
        await TrackerApi.UntilAsync(async () =>
        {
            told = [.. (await client.JsonAsync("/api/v1/alerts?limit=1000")).GetProperty("items").EnumerateArray().Select(alert => alert.GetProperty("id").GetString()!)];
            var runs = (await client.JsonAsync("/api/v1/diagnoses?limit=1000")).GetProperty("items").EnumerateArray().Where(d => d.GetProperty("severity").GetString() == "crit").Select(d => d.GetProperty("run").GetString()).Distinct().Count();
            return (runs, missing: told.Count(id => !seen.ContainsKey(id)), told: told.Count);
        }, state => state.runs == Runs && state.told >= Runs && state.missing == 0, "every run is diagnosed and every alert arrived", TimeSpan.FromSeconds(90));
        seen.Keys.Except(told).ShouldBeEmpty();
        // Doubles are allowed, under one id and with one content.
        seen.Values.ShouldAllBe(bodies => bodies.Distinct().Count() == 1);
    }

    private static async Task SickAsync(HttpClient client, string run)
    {
        await (await client.PostAsync("/api/v1/runs", $$"""{"project":"sick","id":"{{run}}"}""")).JsonAsync();
        var values = string.Join(',', Enumerable.Range(0, 80).Select(i => i < 40 ? (2.3 / (1 + (i / 40.0))).ToString("R", CultureInfo.InvariantCulture) : "NaN"));
        await (await client.PostAsync($"/api/v1/runs/{run}/log", $$$"""{"writer":"w","batch":1,"series":[{"name":"train/loss","steps":[{{{string.Join(',', Enumerable.Range(0, 80))}}}],"values":[{{{values}}}]}]}""")).JsonAsync();
    }

    private void KillDatabase()
    {
        var file = Directory.EnumerateFiles(data.Path, "postmaster.pid", SearchOption.AllDirectories).Single();
        using var database = Process.GetProcessById(int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture));
        database.Kill();
        database.WaitForExit(TimeSpan.FromSeconds(20));
    }

    internal static async Task<WebApplication> ReceiveAsync(Func<HttpContext, Task> take)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = builder.Build();
        receiver.Run(context => take(context));
        await receiver.StartAsync();
        return receiver;
    }
}
