namespace Tracker.Api.Alerts;

/// <summary>How a connection to a mail server is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>TLS from the start on port 465, else STARTTLS where the server offers it; a password is only sent over TLS.</summary>
    Auto,

    /// <summary>STARTTLS or nothing.</summary>
    StartTls,

    /// <summary>TLS from the start.</summary>
    Tls,

    /// <summary>Plain text, for a relay on the same machine.</summary>
    None,
}

/// <summary>A mail server and who writes.</summary>
public sealed record SmtpSettings
{
    public required string Host { get; init; }

    public int Port { get; init; } = 587;

    public SmtpSecurity Security { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Authorities that may vouch for the server besides those that the machine trusts; null for those alone.</summary>
    public SmtpAuthorities? Authorities { get; init; }

    public required string From { get; init; }

    public required IReadOnlyList<string> To { get; init; }
}
