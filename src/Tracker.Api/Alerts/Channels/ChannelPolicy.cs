using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Hours in which a channel is left alone.</summary>
/// <param name="From" example="22:00">Begin, local time of the zone, <c>HH:mm</c>.</param>
/// <param name="To" example="07:00">End; before the begin means the next morning.</param>
/// <param name="TimeZone" example="Europe/Berlin">IANA name of the zone; default UTC.</param>
/// <param name="Except" example="crit">Alerts of this severity or above are sent all the same; null: none are.</param>
public sealed record QuietHours(string From, string To, string? TimeZone = null, string? Except = null)
{
    /// <summary>What is wrong with it, or null.</summary>
    public (string Field, string Detail)? Check()
    {
        if (!TimeOnly.TryParseExact(From, "HH:mm", out _)) return ("quietHours.from", $"\"{From}\" is not a time of day like 22:00.");
        if (!TimeOnly.TryParseExact(To, "HH:mm", out _)) return ("quietHours.to", $"\"{To}\" is not a time of day like 07:00.");
        if (TimeZone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _)) return ("quietHours.timeZone", $"There is no time zone \"{TimeZone}\".");
        return Except is not (null or "info" or "warn" or "high" or "crit") ? ("quietHours.except", $"There is no severity \"{Except}\".") : null;
    }

    /// <summary>Whether the moment lies in the hours: the begin does, the end does not.</summary>
    public bool Covers(DateTimeOffset moment)
    {
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone ?? "UTC", out var found) ? found : TimeZoneInfo.Utc;
        var now = TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);
        return now.IsBetween(TimeOnly.ParseExact(From, "HH:mm"), TimeOnly.ParseExact(To, "HH:mm"));
    }
}

/// <summary>How much a channel gets, and when.</summary>
public sealed record ChannelPolicy
{
    /// <summary>Above every severity: nothing may leave.</summary>
    private const short Nothing = 100;

    /// <summary>Messages a minute; 0: no limit.</summary>
    public double RatePerMinute { get; init; }

    /// <summary>So many alerts of one reason in one project go by themselves within ten minutes; the others go in one message. 0: every alert goes by itself.</summary>
    public int DigestAfter { get; init; }

    /// <summary>How long such a message waits for more, in seconds.</summary>
    public int DigestSeconds { get; init; } = 30;

    public QuietHours? QuietHours { get; init; }

    /// <summary>Messages that may leave at once after a pause.</summary>
    public double Burst => Math.Max(1, Math.Min(RatePerMinute, 20));

    /// <summary>What people can read: some a minute, many of one reason as one. What programs read: everything.</summary>
    public static ChannelPolicy DefaultOf(string kind) => kind switch
    {
        ChannelKinds.Webhook => new ChannelPolicy(),
        ChannelKinds.Email => new ChannelPolicy { RatePerMinute = 20, DigestAfter = 3, DigestSeconds = 60 },
        ChannelKinds.Discord => new ChannelPolicy { RatePerMinute = 30, DigestAfter = 3 },
        _ => new ChannelPolicy { RatePerMinute = 60, DigestAfter = 3 },
    };

    /// <summary>The least severity that may leave at a moment.</summary>
    public short LeastAt(DateTimeOffset moment) => QuietHours is not { } quiet || !quiet.Covers(moment) ? (short)Severity.Info
        : quiet.Except is { } except ? (short)Enum.Parse<Severity>(except, ignoreCase: true) : Nothing;
}
