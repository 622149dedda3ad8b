using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Npgsql;
using Tracker.Api.Embedded;
using Tracker.Api.Storage;

namespace Tracker.Api.Http;

/// <summary>The server would be open to others than this machine, or its first key cannot be read.</summary>
public sealed class AccessRefusedException(string message) : InvalidOperationException(message);

/// <summary>Why the server cannot start, in one clear line; null for what is a fault of ours and deserves its stack.</summary>
public static partial class StartupProblem
{
    public static string? Of(Exception error, IConfiguration configuration) => error switch
    {
        EmbeddedPostgresException => error.Message,
        OperationCanceledException => "Stopped before it was ready.",
        AddressTakenException or AccessRefusedException => error.Message,
        Microsoft.Extensions.Options.OptionsValidationException wrong => "The configuration is wrong: " + string.Join(" ", wrong.Failures),
        IOException { InnerException: AddressInUseException } =>
            $"The address {configuration["urls"] ?? Addresses.Default} is taken by another program. Stop that one, or choose another address with --urls http://127.0.0.1:PORT.",
        SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable } =>
            $"The address {configuration["urls"] ?? Addresses.Default} cannot be bound: {error.Message}. Choose another with --urls.",
        InvalidOperationException when Key(error) is { } key => $"The configuration is wrong: {key} has a value of the wrong kind.",
        InvalidOperationException when error.Message.StartsWith("Unable to configure HTTPS", StringComparison.Ordinal) =>
            "HTTPS needs a certificate: name its file with Kestrel:Certificates:Default:Path (and :Password, or :KeyPath for PEM), or listen on http and leave TLS to a proxy.",
        FormatException when error.Message.StartsWith("Invalid url", StringComparison.OrdinalIgnoreCase) => $"An address to listen on is none ({error.Message}): write --urls http://HOST:PORT.",
        System.Security.Cryptography.CryptographicException or FileNotFoundException or DirectoryNotFoundException when configuration.GetSection("Kestrel").Exists() => $"A certificate of Kestrel:Certificates or Kestrel:Endpoints cannot be used: {error.Message}",
        ArgumentException when IsConnectionString(configuration) is { } reason => $"ConnectionStrings:{Database.ConnectionName} is not a connection string: {reason}",
        NpgsqlException => $"The database of ConnectionStrings:{Database.ConnectionName} cannot be used: {Reason(error)}",
        _ => null,
    };

    /// <summary>The setting that a binder could not convert; its value is not told, it may be a secret.</summary>
    private static string? Key(Exception error) => Unconverted().Match(error.Message) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("^Failed to convert configuration value.* at '([^']+)' to type")]
    private static partial Regex Unconverted();

    private static string? IsConnectionString(IConfiguration configuration)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString(Database.ConnectionName));
            return null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    }

    private static string Reason(Exception error) => error is PostgresException postgres
        ? $"{postgres.MessageText} ({postgres.SqlState})"
        : error.Message + (error.InnerException is { } inner ? $" ({inner.Message})" : "");
}
