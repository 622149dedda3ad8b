using Microsoft.Extensions.Options;

namespace Tracker.Api.Alerts;

public static class AlertServices
{
    /// <summary>Alerts by the configuration's section <c>Alerts</c>, checked at start. Needs the storage.</summary>
    public static void AddAlerts(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>();
        services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section).ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<AlertChannels>();
        services.AddSingleton<AlertSignal>();
        services.AddSingleton<AlertOutbox>();
        services.AddSingleton<AlertLists>();
        services.AddSingleton<AlertLinks>();
        services.AddSingleton<AlertSender>();
        services.AddSingleton<Deliveries>();
        services.AddHostedService<AlertDispatcher>();
    }
}
