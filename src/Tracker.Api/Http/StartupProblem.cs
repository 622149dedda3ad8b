using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Npgsql;
using Tracker.Api.Embedded;
using Tracker.Api.Storage;

namespace Tracker.Api.Http;

/// <summary>Why the server cannot start, in one clear line; null for what is a fault of ours and deserves its stack.</summary>
public static class StartupProblem
{
    public static string? Of(Exception error, IConfiguration configuration) => error switch
    {
        EmbeddedPostgresException => error.Message,
        OperationCanceledException => "Stopped before it was ready.",
        AddressTakenException or Auth.AccessRefusedException => error.Message,
        Microsoft.Extensions.Options.OptionsValidationException wrong => "The configuration is wrong: " + string.Join(" ", wrong.Failures),
        IOException { InnerException: AddressInUseException } =>
            $"The address {configuration["urls"] ?? Addresses.Default} is taken by another program. Stop that one, or choose another address with --urls http://127.0.0.1:PORT.",
        SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable } =>
            $"The address {configuration["urls"] ?? Addresses.Default} cannot be bound: {error.Message}. Choose another with --urls.",
        ArgumentException when IsConnectionString(configuration) is { } reason => $"ConnectionStrings:{Database.ConnectionName} is not a connection string: {reason}",
        NpgsqlException => $"The database of ConnectionStrings:{Database.ConnectionName} cannot be used: {Reason(error)}",
        _ => null,
    };

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
