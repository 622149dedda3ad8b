using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tracker.Api.Live;
using Tracker.Api.Storage;

namespace Tracker.Api.Telemetry;

/// <summary>
/// Traces and metrics by OTLP, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; the other settings are OpenTelemetry's own variables. Without it nothing is measured.
/// </summary>
public static class OpenTelemetrySetup
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Whose metrics are sent.</summary>
    public static IReadOnlyList<string> Meters { get; } =
        [Measures.Name, "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections", "System.Runtime"];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[Endpoint])) return;
        builder.Services.AddHostedService<Exporter>();
    }

    /// <summary>Holds the providers as long as the host runs, and sends what is left when it ends.</summary>
    private sealed class Exporter(NodeIdentity node, IngestRoom room, LiveFeed feed) : IHostedService, IDisposable
    {
        private MeterProvider? metrics;
        private TracerProvider? traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Measures.Observe(() => room.Used, () => feed.Pumps);
            void Describe(ResourceBuilder resource) => resource.AddService("tracker", serviceVersion: typeof(Exporter).Assembly.GetName().Version?.ToString(3), serviceInstanceId: node.Name);
            metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe)
                .AddMeter([.. Meters])
                .AddOtlpExporter().Build();
            traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource("Microsoft.AspNetCore", "Npgsql").AddOtlpExporter().Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            metrics?.ForceFlush(5_000);
            traces?.ForceFlush(5_000);
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            metrics?.Dispose();
            traces?.Dispose();
        }
    }
}
