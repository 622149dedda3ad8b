using Microsoft.Extensions.Configuration;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Xunit;

namespace Tracker.Api.Tests.Http;

/// <summary>A setting whose name is wrong is told, with the name that was meant; what belongs to others is left alone.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("Access:Proxy:UserHeadr", "Access:Proxy:UserHeader")]
    [InlineData("Acess:SessionIdle", "Access:SessionIdle")]
    [InlineData("Access:RequestPerSecond", "Access:RequestsPerSecond")]
    [InlineData("Alerts:Webhook:Uri", "Alerts:Webhook:Url")]
    [InlineData("Alerts:WebhookUrl", "Alerts:Webhook:Url")]
    [InlineData("Kestrel:Limits:MaxConcurrentConnection", "Kestrel:Limits:MaxConcurrentConnections")]
    [InlineData("Shutdown:DrainSecond", "Shutdown:DrainSeconds")]
    [InlineData("Tracker:Alerts:Webhook:Url", "write Alerts:Webhook:Url")]
    [InlineData("TRACKER_ADMIN_KEYFILE", "TRACKER_ADMIN_KEY_FILE")]
    [InlineData("TRACKER_POSTGRES_PASSWORDFILE", "TRACKER_POSTGRES_PASSWORD_FILE")]
    public void A_misspelt_name_is_told_with_the_one_that_was_meant(string key, string meant)
    {
        var sentence = Unknown(key).ShouldHaveSingleItem();
        sentence.ShouldContain(key);
        sentence.ShouldContain(meant);
        sentence.ShouldNotContain("secret value");
    }

    [Fact]
    public void A_name_that_resembles_nothing_is_told_in_a_section_of_ours_only()
    {
        Unknown("Access:Zebra").ShouldHaveSingleItem().ShouldContain("Access:Zebra");
        Unknown("Zebra:Access").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Access:Proxy:Addresses:0")]
    [InlineData("access:open")]
    [InlineData("Alerts:Smtp:Security")]
    [InlineData("Kestrel:Limits:Http2:MaxStreamsPerConnection")]
    [InlineData("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond")]
    [InlineData("Kestrel:Endpoints:Web:Url")]
    [InlineData("Kestrel:Certificates:Default:Path")]
    [InlineData("Serilog:MinimumLevel:Override:Npgsql")]
    [InlineData("TRACKER_URL")]
    [InlineData("TRACKER_API_KEY")]
    [InlineData("TRACKER_PORT_5080_TCP")]
    [InlineData("Logging:LogLevel:Default")]
    public void What_is_right_or_belongs_to_others_passes(string key) => Unknown(key).ShouldBeEmpty();

    private static IReadOnlyList<string> Unknown(string key)
    {
        var settings = new Settings();
        settings.Add(AccessOptions.Section, typeof(AccessOptions));
        settings.Add(AlertOptions.Section, typeof(AlertOptions));
        return settings.Unknown(new ConfigurationBuilder().AddInMemoryCollection([new(key, "secret value")]).Build());
    }
}
