namespace Tracker.Api.Embedded;

/// <summary>
/// The user that PostgreSQL runs as. It refuses root, so for root this is <c>postgres</c> where there is such a user, else <c>nobody</c>;
/// for everybody else it is the user of the server itself.
/// </summary>
internal sealed class DatabaseAccount
{
    private DatabaseAccount(string? name) => Name = name;

    /// <summary>The other user's name, null when the server's own user runs the database.</summary>
    public string? Name { get; }

    public static async Task<DatabaseAccount> FindAsync(CancellationToken cancellationToken)
    {
        // On Windows pg_ctl drops the administrator's rights by itself.
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return new DatabaseAccount(null);
        var postgres = await Command.RunAsync("id", ["-u", "postgres"], cancellationToken: cancellationToken);
        return new DatabaseAccount(postgres.Succeeded ? "postgres" : "nobody");
    }

    public Task<CommandResult> RunAsync(string program, IEnumerable<string> arguments, string input = "", CancellationToken cancellationToken = default) =>
        Command.RunAsync(program, arguments, Name, input, cancellationToken);

    /// <summary>Whether the user can go into a folder: asked of the system, since every parent and every ACL counts.</summary>
    public async Task<bool> CanEnterAsync(string folder, CancellationToken cancellationToken) =>
        Name is null || (await RunAsync("test", ["-x", folder], cancellationToken: cancellationToken)).Succeeded;

    /// <summary>Makes a folder that is the user's alone (0700).</summary>
    public async Task CreateOwnFolderAsync(string folder, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await OwnAsync(folder, cancellationToken);
    }

    /// <summary>Hands a folder with all that is in it to the user.</summary>
    public async Task OwnAsync(string folder, CancellationToken cancellationToken)
    {
        if (Name is null) return;
        var result = await Command.RunAsync("chown", ["-R", $"{Name}:", folder], cancellationToken: cancellationToken);
        if (!result.Succeeded) throw new EmbeddedPostgresException($"The folder {folder} could not be given to the user {Name}: {result.LastLine}");
    }
}
