using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting;
using Shouldly;
using Tracker.Api.Telemetry;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Http;

/// <summary>The rules that watch Tracker itself ask for metrics that the server exports, under the names that Prometheus gives them.</summary>
public sealed partial class HealthRulesTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Every_metric_that_a_rule_asks_for_is_exported_and_every_one_of_ours_is_in_the_docs()
    {
        await using var receiver = await Alerts.Receiver.StartAsync();
        await using var server = await TrackerServer.StartAsync(postgres, host =>
        {
            host.UseSetting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
            host.UseSetting("Alerts:AllowPrivateAddresses", "true");
            host.UseSetting("Alerts:Webhook:Url", receiver.Url.AbsoluteUri);
        });
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"writer":"w","batch":1,"points":[{"step":1,"values":{"loss":1}}],"events":[{"kind":"alert","name":"hello","level":"error"}]}""")).JsonAsync();
        await receiver.NextAsync();

        var (exported, ours) = (new HashSet<string>(StringComparer.Ordinal), new List<string>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (!OpenTelemetrySetup.Meters.Contains(instrument.Meter.Name, StringComparer.Ordinal)) return;
                exported.UnionWith(NamesOf(instrument));
                if (instrument.Meter.Name == Measures.Name) ours.Add(instrument.Name);
            },
        };
        listener.Start();

        var rules = await File.ReadAllTextAsync(Repository.PathOf("deploy", "prometheus", "tracker.rules.yml"), TestContext.Current.CancellationToken);
        var asked = Metric().Matches(Selector().Replace(Comment().Replace(rules, ""), "")).Select(match => match.Value).Distinct().ToList();
        asked.Count.ShouldBeGreaterThan(6);
        asked.ShouldBeSubsetOf(exported);

        var docs = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"), TestContext.Current.CancellationToken);
        ours.Count.ShouldBeGreaterThan(5);
        ours.ShouldAllBe(name => docs.Contains($"`{name}`", StringComparison.Ordinal));
        // The outcomes that rules pick stand in the docs beside their metric.
        foreach (Match picked in Outcome().Matches(rules))
        {
            var row = docs.Split('\n').Single(line => line.StartsWith('|') && line.Contains($"`{picked.Groups[1].Value.Replace("_total", "", StringComparison.Ordinal).Replace('_', '.')}`", StringComparison.Ordinal));
            row.Split(' ', '`', ',').ShouldContain(picked.Groups[2].Value);
        }
    }

    /// <summary>By the rules of OpenTelemetry for Prometheus: dots are underscores, then the unit, then what the kind of instrument adds.</summary>
    private static IEnumerable<string> NamesOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = instrument.Name.Replace('.', '_') + unit;
        var kind = instrument.GetType().Name;
        if (kind.StartsWith("Histogram", StringComparison.Ordinal)) return [$"{name}_bucket", $"{name}_count", $"{name}_sum"];
        return [kind.StartsWith("Counter", StringComparison.Ordinal) || kind.StartsWith("ObservableCounter", StringComparison.Ordinal) ? $"{name}_total" : name];
    }

    [GeneratedRegex("^\\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\\{[^{}]*\\}")]
    private static partial Regex Selector();

    [GeneratedRegex("\\b(?:tracker|dotnet|http|db|kestrel|signalr|aspnetcore)_[a-z_]+\\b")]
    private static partial Regex Metric();

    [GeneratedRegex("\\b(tracker_[a-z_]+)\\{outcome=\"([a-z]+)\"\\}")]
    private static partial Regex Outcome();
}
