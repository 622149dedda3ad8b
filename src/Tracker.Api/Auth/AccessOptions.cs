using System.Net;
using Microsoft.Extensions.Options;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Who may reach the server: the section <c>Access</c> of the configuration.</summary>
public sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>Nobody is asked who they are, on whatever address: for a server behind a proxy that asks, or in a network of its own. Default: false.</summary>
    public bool Open { get; init; }

    /// <summary>How long a browser stays signed in without a call. Default: 7 days; from 1 min to 90 days.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a browser stays signed in at most. Default: 30 days; from 1 min to 365 days.</summary>
    public TimeSpan SessionMost { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long an invitation and a link for a new password are good. Default: 7 days; from 1 min to 90 days.</summary>
    public TimeSpan InvitationLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Calls a second of one key or person, ten times as many at once. Default: 5,000; 0 for no limit.</summary>
    public int RequestsPerSecond { get; init; } = 5_000;

    /// <summary>Calls a second of one address that do not say who they are or say it wrongly, ten times as many at once. Default: 20; 0 for no limit.</summary>
    public int AnonymousPerSecond { get; init; } = 20;

    /// <summary>Attempts to sign in a minute from one address. Default: 20; 0 for no limit.</summary>
    public int SignInsPerMinute { get; init; } = 20;

    public ProxyOptions Proxy { get; init; } = new();
}

/// <summary>A reverse proxy in front of the server: its headers count only when it is named here.</summary>
public sealed class ProxyOptions
{
    /// <summary>Addresses or networks of the proxy, such as <c>10.0.0.5</c> and <c>172.16.0.0/12</c>. From them <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed. Default: none.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The header in which the proxy says who was signed in, such as <c>X-Auth-Request-Email</c>; the proxy must take it away from what comes from outside. Default: none, the proxy signs nobody in.</summary>
    public string? UserHeader { get; init; }

    /// <summary>The header with the person's name, such as <c>X-Auth-Request-User</c>. Default: none.</summary>
    public string? NameHeader { get; init; }

    /// <summary>The role in every project of people whom the proxy brings and who have no account yet: <c>viewer</c>, <c>member</c>, <c>admin</c>, or empty for an account without rights. Default: none, they get no account.</summary>
    public string? NewRole { get; init; }

    /// <summary>Addresses of mail of those who become admins when the proxy brings them first. Default: none.</summary>
    public IReadOnlyList<string> Admins { get; init; } = [];

    internal IEnumerable<IPNetwork> Networks => Addresses.Select(Parse).OfType<IPNetwork>();

    internal static IPNetwork? Parse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}

/// <summary>Checks the section at start; its messages name the key.</summary>
public sealed class AccessOptionsValidator : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        List<string> failures = [];
        Within("Access:SessionIdle", options.SessionIdle, 90, failures);
        Within("Access:SessionMost", options.SessionMost, 365, failures);
        Within("Access:InvitationLife", options.InvitationLife, 90, failures);
        foreach (var (key, value) in new[] { ("RequestsPerSecond", options.RequestsPerSecond), ("AnonymousPerSecond", options.AnonymousPerSecond), ("SignInsPerMinute", options.SignInsPerMinute) })
        {
            if (value is < 0 or > 1_000_000) failures.Add($"Access:{key} must lie between 0 and 1,000,000.");
        }

        foreach (var (address, index) in options.Proxy.Addresses.Select((address, index) => (address, index)))
        {
            if (ProxyOptions.Parse(address) is null) failures.Add($"Access:Proxy:Addresses:{index} must be an IP address or a network such as 172.16.0.0/12.");
        }

        if (!string.IsNullOrEmpty(options.Proxy.UserHeader) && options.Proxy.Addresses.Count == 0) failures.Add("Access:Proxy:UserHeader is set but Access:Proxy:Addresses is not: anybody could send that header.");
        if (!string.IsNullOrEmpty(options.Proxy.NewRole) && !RightNames.Roles.Contains(options.Proxy.NewRole)) failures.Add("Access:Proxy:NewRole must be viewer, member or admin.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Within(string key, TimeSpan value, int days, List<string> failures)
    {
        if (value < TimeSpan.FromMinutes(1) || value > TimeSpan.FromDays(days)) failures.Add($"{key} must lie between 00:01:00 and {days}.00:00:00.");
    }
}
