using System.CommandLine;
using Command = System.CommandLine.Command;

namespace Tracker.Api.Admin;

/// <summary><c>tracker admin</c>: what is done to a server from its own machine, past its login. Whoever may read the database's password or its socket may do this.</summary>
public static class AdminCommand
{
    /// <summary>Runs <c>admin …</c>; exits with 0, or 1 after one line on standard error, or 2 where a check found something wrong.</summary>
    public static Task<int> RunAsync(string[] args) => new RootCommand("Tracker's server.") { Create() }.Parse(args).InvokeAsync();

    public static Command Create() => new("admin", "Keys, people, backups and checks of a server, from its own machine; by TRACKER_DATA or ConnectionStrings__Tracker.")
    {
        KeyCommands.Create(),
        PeopleCommands.Create(),
        BackupCommands.CreateBackup(),
        BackupCommands.CreateRestore(),
        CareCommands.CreateVerify(),
        CareCommands.CreateVacuum(),
        CareCommands.CreateDoctor(),
    };

    internal static Option<string?> DataOption() => new("--data") { Description = "The server's data folder. Default: ConnectionStrings__Tracker if that is set, else TRACKER_DATA, else the user's own." };

    /// <summary>Does something with the database; what stops it is one line.</summary>
    internal static async Task<int> WithDatabaseAsync(string? data, Func<AdminDatabase, Task<int>> work, CancellationToken cancel, bool withSchema = true)
    {
        try
        {
            await using var database = await AdminDatabase.OpenAsync(data, cancel, withSchema);
            return await work(database);
        }
        catch (Exception error) when (error is AdminException or Npgsql.NpgsqlException or IOException or UnauthorizedAccessException or Embedded.EmbeddedPostgresException)
        {
            await Console.Error.WriteLineAsync("tracker: " + error.Message);
            return 1;
        }
    }
}
