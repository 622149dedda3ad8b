using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;

namespace Tracker.Api.Alerts;

public static class AlertServices
{
    /// <summary>Alerts by the configuration's section <c>Alerts</c>, checked at start, and by channels that people manage. Needs storage, runs and series.</summary>
    public static void AddAlerts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>();
        builder.AddSection<AlertOptions>(AlertOptions.Section);
        builder.AddSecretProtection();
        services.AddSingleton<AlertSignal>();
        services.AddSingleton<AlertOutbox>();
        services.AddSingleton<AlertRouting>();
        services.AddSingleton<AlertLists>();
        services.AddSingleton<AlertLinks>();
        services.AddSingleton<ActionTokens>();
        services.AddSingleton<Verdicts>();
        services.AddSingleton<AlertActor>();
        services.AddSingleton<AlertPictures>();
        services.AddSingleton<IRunStateWatcher, RunStateAlerts>();
        services.AddSingleton(provider => new GuardedConnector(provider.GetRequiredService<IOptions<AlertOptions>>()));
        services.AddSingleton<AlertSender>();
        services.AddSingleton<ChannelStore>();
        services.AddSingleton<ChannelRules>();
        services.AddSingleton<ChannelHealths>();
        services.AddSingleton<AlertChannels>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<DeliveryLog>();
        services.AddSingleton<MessageComposer>();
        services.TryAddSingleton<HistoryReader>();
        services.AddSingleton<RuleStore>();
        services.AddSingleton<RuleBook>();
        services.AddSingleton<RulePreview>();
        services.AddSingleton<Savings>();
        services.AddSingleton<IJournalConsumerFactory, RuleConsumerFactory>();
        services.AddHostedService(provider => provider.GetRequiredService<RuleBook>());
        services.AddHostedService<RuleWatch>();
        services.AddHostedService<AlertDispatcher>();
    }
}
