using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Tracker.Api.Auth;
using Tracker.Api.Http;

namespace Tracker.Api.Admin;

/// <summary><c>tracker admin keys create | list | revoke</c>.</summary>
internal static class KeyCommands
{
    public static Command Create() => new("keys", "API keys.") { CreateKey(), ListKeys(), RevokeKey() };

    internal static (KeyStore Keys, PeopleStore People, AccessBook Book, AuditLog Audit) Stores(AdminDatabase database)
    {
        var book = new AccessBook(database.Source, TimeProvider.System, NullLogger<AccessBook>.Instance);
        return (new KeyStore(database.Source, book, TimeProvider.System), new PeopleStore(database.Source, book, TimeProvider.System), book, new AuditLog(database.Source));
    }

    private static Command CreateKey()
    {
        var name = new Option<string>("--name") { Description = "What the key is for.", Required = true };
        var scope = new Option<string[]>("--scope") { Description = "What it may do: ingest, read, write, admin; may be given several times.", Required = true, AllowMultipleArgumentsPerToken = true };
        var project = new Option<string?>("--project") { Description = "The one project it is good for. Default: all." };
        var days = new Option<int?>("--days") { Description = "Days until it ends. Default: never." };
        var data = AdminCommand.DataOption();
        var command = new Command("create", "Make a key; it is printed this once.") { name, scope, project, days, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var scopes = parsed.GetValue(scope)!.SelectMany(text => text.Split(',')).ToArray();
            if (scopes.Except(RightNames.Scopes).FirstOrDefault() is { } wrong) throw new AdminException($"There is no scope \"{wrong}\": {string.Join(", ", RightNames.Scopes)}.");
            if (parsed.GetValue(days) is < 1) throw new AdminException("--days must be 1 or more.");
            var (keys, _, _, audit) = Stores(database);
            long? of = parsed.GetValue(project) is { } named ? await keys.EnsureProjectAsync(named, cancel) : null;
            var (id, secret) = await keys.CreateAsync(parsed.GetValue(name)!, scopes, of, null, "tracker admin", parsed.GetValue(days) is { } life ? TimeProvider.System.GetUtcNow().AddDays(life) : null, cancel);
            await audit.WriteAsync("tracker admin", null, "key created", of, parsed.GetValue(name), new { id = $"{id}", scopes }, cancel);
            Console.Out.WriteLine(secret);
            return 0;
        }, cancel));
        return command;
    }

    private static Command ListKeys()
    {
        var data = AdminCommand.DataOption();
        var command = new Command("list", "All keys, without their secrets.") { data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            foreach (var key in await Stores(database).Keys.ListAsync(null, null, cancel))
            {
                var state = key.RevokedAt is not null ? "revoked" : key.ExpiresAt is { } end ? $"until {end:yyyy-MM-dd}" : "no end";
                Console.Out.WriteLine($"{key.Id,5}  {key.Prefix}…  {string.Join(',', key.Scopes),-12}  {key.Project ?? "all",-20}  {state,-16}  used {key.LastUsedAt?.ToString("yyyy-MM-dd HH:mm") ?? "never",-16}  {key.Name}");
            }

            return 0;
        }, cancel));
        return command;
    }

    private static Command RevokeKey()
    {
        var id = new Argument<long>("id") { Description = "The key's id, from the list." };
        var data = AdminCommand.DataOption();
        var command = new Command("revoke", "End a key; servers that run see it within 10 s.") { id, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var (keys, _, _, audit) = Stores(database);
            if (!await keys.RevokeAsync(parsed.GetValue(id), cancel)) throw new AdminException($"There is no key {parsed.GetValue(id)} that is good.");
            await audit.WriteAsync("tracker admin", null, "key revoked", null, $"{parsed.GetValue(id)}", null, cancel);
            return 0;
        }, cancel));
        return command;
    }
}
