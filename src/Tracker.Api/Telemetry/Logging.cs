using Serilog;

namespace Tracker.Api.Telemetry;

/// <summary>Logs by Serilog, set by the section <c>Serilog</c> of the configuration.</summary>
public static class Logging
{
    public static void AddLogs(this WebApplicationBuilder builder)
    {
        var logger = new LoggerConfiguration().ReadFrom.Configuration(builder.Configuration).CreateLogger();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(logger, dispose: true);
    }

    /// <summary>A logger for what happens before the host is there.</summary>
    public static ILoggerFactory CreateStartupLogger(IConfiguration configuration) =>
        LoggerFactory.Create(logging => logging.AddSerilog(new LoggerConfiguration().ReadFrom.Configuration(configuration).CreateLogger(), dispose: true));
}
