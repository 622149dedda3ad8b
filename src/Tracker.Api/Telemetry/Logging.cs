using System.Globalization;
using Serilog;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace Tracker.Api.Telemetry;

/// <summary>
/// Logs by Serilog, set by the section <c>Serilog</c> of the configuration; <c>Logs:Format=json</c> turns the console's lines into compact JSON, and <c>Logs:File</c> writes
/// them to a file besides, a new one every day, the last 14 kept.
/// </summary>
public static class Logging
{
    private const string Console = "Serilog:WriteTo:0";
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(Create(builder.Configuration, withFile: true), dispose: true);
    }

    /// <summary>A logger for what happens before the host is there.</summary>
    public static ILoggerFactory CreateStartupLogger(IConfiguration configuration) => LoggerFactory.Create(logging => logging.AddSerilog(Create(configuration, withFile: false), dispose: true));

    private static Serilog.Core.Logger Create(IConfiguration configuration, bool withFile)
    {
        var isJson = configuration["Logs:Format"] switch
        {
            null or "" or "text" => false,
            "json" => true,
            var other => throw new Microsoft.Extensions.Options.OptionsValidationException("Logs", typeof(Logging), [$"Logs:Format is \"{other}\"; it must be text or json."]),
        };
        ITextFormatter format = isJson ? new CompactJson() : new MessageTemplateTextFormatter(Template, CultureInfo.InvariantCulture);
        var settings = isJson ? new ConfigurationBuilder().AddInMemoryCollection(configuration.AsEnumerable().Where(entry => !entry.Key.StartsWith(Console, StringComparison.Ordinal))).Build() : configuration;
        var logger = new LoggerConfiguration().ReadFrom.Configuration(settings);
        if (isJson) logger.WriteTo.Console(format);
        if (withFile && configuration["Logs:File"] is { Length: > 0 } file) logger.WriteTo.File(format, file, rollingInterval: RollingInterval.Day, retainedFileCountLimit: 14, shared: false);
        return logger.CreateLogger();
    }
}
