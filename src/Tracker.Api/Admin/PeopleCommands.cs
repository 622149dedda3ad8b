using System.CommandLine;
using Tracker.Api.Auth;
using Tracker.Api.Http;

namespace Tracker.Api.Admin;

/// <summary><c>tracker admin users create | list | password | role | close</c>. Passwords come from standard input, never from the command line, which others can see.</summary>
internal static class PeopleCommands
{
    public static Command Create() => new("users", "People with an account.") { CreateUser(), ListUsers(), Password(), Role(), Close() };

    private static Command CreateUser()
    {
        var (email, name, role, data) = (Email(), new Option<string?>("--name") { Description = "Name. Default: the address." }, RoleOption(), AdminCommand.DataOption());
        var command = new Command("create", "Make an account; the password is the first line of standard input.") { email, name, role, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var (address, given) = (parsed.GetValue(email)!, parsed.GetValue(role));
            if (PeopleEndpoints.CheckEmail(address) is not null) throw new AdminException($"\"{address}\" is no address of mail.");
            if (given is not null && !RightNames.Roles.Contains(given)) throw new AdminException("--role is viewer, member or admin.");
            var (_, people, _, audit) = KeyCommands.Stores(database);
            if (await people.CreateAsync(address, parsed.GetValue(name) ?? address, ReadPassword(), given, cancel) is null) throw new AdminException($"{address} has an account already.");
            await audit.WriteAsync("tracker admin", null, "account created", null, address, new { role = given }, cancel);
            return 0;
        }, cancel));
        return command;
    }

    private static Command ListUsers()
    {
        var data = AdminCommand.DataOption();
        var command = new Command("list", "All accounts.") { data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            foreach (var person in await KeyCommands.Stores(database).People.ListAsync(null, cancel))
            {
                var roles = string.Join(", ", person.Projects.Select(role => $"{role.Key}: {role.Value}").Prepend(person.Role is null ? "" : $"all: {person.Role}").Where(text => text.Length > 0));
                Console.Out.WriteLine($"{person.Id,5}  {person.Email,-32}  {(person.DisabledAt is null ? "open" : "closed"),-6}  {person.Name}  ({roles})");
            }

            return 0;
        }, cancel));
        return command;
    }

    private static Command Password()
    {
        var (email, data) = (Email(), AdminCommand.DataOption());
        var command = new Command("password", "Set a password, the first line of standard input; all browsers of the person are signed out.") { email, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var (_, people, book, audit) = KeyCommands.Stores(database);
            var user = await FindAsync(book, parsed.GetValue(email)!, cancel);
            await people.SetPasswordAsync(user.Key, ReadPassword(), cancel);
            await using var signOut = database.Source.CreateCommand("delete from sessions where user_key = $1");
            signOut.Parameters.AddWithValue(user.Key);
            await signOut.ExecuteNonQueryAsync(cancel);
            await audit.WriteAsync("tracker admin", null, "password set", null, user.Email, null, cancel);
            return 0;
        }, cancel));
        return command;
    }

    private static Command Role()
    {
        var (email, role, project, data) = (Email(), new Argument<string>("role") { Description = "viewer, member, admin, or none." }, new Option<string?>("--project") { Description = "In this project. Default: in all." }, AdminCommand.DataOption());
        var command = new Command("role", "Give a role, or take it away.") { email, role, project, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var given = parsed.GetValue(role)!;
            if (given != "none" && !RightNames.Roles.Contains(given)) throw new AdminException("A role is viewer, member, admin or none.");
            var (keys, people, book, audit) = KeyCommands.Stores(database);
            var user = await FindAsync(book, parsed.GetValue(email)!, cancel);
            if (parsed.GetValue(project) is { } named) await people.SetRoleAsync(user.Key, await keys.EnsureProjectAsync(named, cancel), given == "none" ? null : given, cancel);
            else await people.ChangeAsync(user.Key, null, given == "none" ? "" : given, null, cancel);
            await audit.WriteAsync("tracker admin", null, "role given", null, user.Email, new { role = given, project = parsed.GetValue(project) }, cancel);
            return 0;
        }, cancel));
        return command;
    }

    private static Command Close()
    {
        var (email, data) = (Email(), AdminCommand.DataOption());
        var command = new Command("close", "Close an account: its sessions and keys end.") { email, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var (_, people, book, audit) = KeyCommands.Stores(database);
            var user = await FindAsync(book, parsed.GetValue(email)!, cancel);
            await people.ChangeAsync(user.Key, null, null, true, cancel);
            await audit.WriteAsync("tracker admin", null, "account closed", null, user.Email, null, cancel);
            return 0;
        }, cancel));
        return command;
    }

    private static Argument<string> Email() => new("email") { Description = "Address of mail." };

    private static Option<string?> RoleOption() => new("--role") { Description = "Role in every project: viewer, member, admin. Default: none." };

    private static async Task<UserEntry> FindAsync(AccessBook book, string email, CancellationToken cancel)
    {
        await book.RefreshAsync(cancel);
        return book.Now.UsersByEmail.GetValueOrDefault(email) ?? throw new AdminException($"Nobody has an account with the address {email}.");
    }

    private static string ReadPassword()
    {
        if (!Console.IsInputRedirected) Console.Error.Write("Password: ");
        var password = Console.In.ReadLine() ?? "";
        return PeopleEndpoints.CheckPassword(password) is null ? password : throw new AdminException("A password has 10 to 256 characters; it is read from standard input.");
    }
}
