using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

public static class ChannelKinds
{
    public const string Slack = "slack";
    public const string SlackBot = "slack-bot";
    public const string Discord = "discord";
    public const string Teams = "teams";
    public const string Webhook = "webhook";
    public const string Email = "email";
    public const string Desktop = "desktop";

    /// <summary>Whether a later message about a diagnosis changes the earlier one, without a sound.</summary>
    public static bool ChangesInPlace(string kind) => kind is SlackBot or Discord;

    public static IReadOnlyList<string> All { get; } = [Slack, SlackBot, Discord, Teams, Webhook, Email, Desktop];
}

/// <summary>A message on its way to a channel.</summary>
/// <param name="Id">What a receiver drops doubles by: the alert's id, or that of the digest.</param>
/// <param name="Alert">What is said, with its links.</param>
/// <param name="Subject">What the messages of one diagnosis have in common: they are shown together.</param>
/// <param name="Actions">Buttons.</param>
public sealed record Outgoing(Guid Id, Alert Alert, string Subject, AlertActions Actions)
{
    /// <summary>Makes no sound: where there is no message to change there is nothing to do.</summary>
    public bool Quiet { get; init; }

    /// <summary>Where the earlier message about the subject stands; null when there is none.</summary>
    public string? Reference { get; init; }

    /// <summary>Address of the picture that the receiver can reach; null when it cannot, or would not take it.</summary>
    public Uri? Image { get; init; }

    /// <summary>Draws the picture; null where there is no curve.</summary>
    public Func<CancellationToken, Task<byte[]?>> Picture { get; init; } = _ => Task.FromResult<byte[]?>(null);
}

/// <summary>Where alerts go.</summary>
public interface IAlertChannel
{
    /// <summary>Stands in the outbox and in logs. Never the address, which may be a secret.</summary>
    string Id { get; }

    /// <summary>One of <see cref="ChannelKinds"/>.</summary>
    string Kind { get; }

    /// <summary>Most messages under way at once.</summary>
    int Concurrency { get; }

    ChannelPolicy Policy { get; }

    /// <summary>Never throws for anything that the receiver or the network does; throws only when cancelled.</summary>
    Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel);
}
