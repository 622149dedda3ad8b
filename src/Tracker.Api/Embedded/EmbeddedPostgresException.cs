namespace Tracker.Api.Embedded;

/// <summary>The private PostgreSQL cannot start. The message is one line that says why and what to do; it is shown as it is.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    public EmbeddedPostgresException() { }

    public EmbeddedPostgresException(string message) : base(message) { }

    public EmbeddedPostgresException(string message, Exception innerException) : base(message, innerException) { }
}
