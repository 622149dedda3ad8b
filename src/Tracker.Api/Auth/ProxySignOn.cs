using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Tracker.Api.Auth;

/// <summary>People whom a reverse proxy signed in: its header counts only when the connection comes from an address that the configuration names.</summary>
public sealed class ProxySignOn(AccessBook book, NpgsqlDataSource database, IOptions<AccessOptions> options)
{
    private readonly System.Net.IPNetwork[] networks = [.. options.Value.Proxy.Networks];

    /// <summary>Marks a request whose connection is the proxy's.</summary>
    private sealed class FromProxy;

    /// <summary>Runs before the forwarded headers are taken in, which put the client's address in place of the proxy's.</summary>
    public void Mark(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var address = http.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true }) address = address.MapToIPv4();
        if (address is not null && networks.Any(network => network.Contains(address))) http.Features.Set(new FromProxy());
    }

    public ForwardedHeadersOptions? Forwarded()
    {
        if (networks.Length == 0) return null;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks) forwarded.KnownIPNetworks.Add(network);
        return forwarded;
    }

    /// <summary>The person whom the proxy names, made when new and wanted; null when it names nobody.</summary>
    public async ValueTask<long?> UserAsync(HttpContext http, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        var settings = options.Value.Proxy;
        if (string.IsNullOrEmpty(settings.UserHeader) || http.Features.Get<FromProxy>() is null) return null;
        if (http.Request.Headers[settings.UserHeader] is not [{ Length: > 0 and <= 254 } email]) return null;
        if (book.Now.UsersByEmail.TryGetValue(email, out var known)) return known.Key;
        var isAdmin = settings.Admins.Contains(email, StringComparer.OrdinalIgnoreCase);
        if (settings.NewRole is null && !isAdmin) return null;

        var name = settings.NameHeader is { Length: > 0 } header && http.Request.Headers[header] is [{ Length: > 0 } given] ? given : email;
        await using var command = database.CreateCommand("insert into users (email, name, role) values ($1, $2, $3) on conflict (lower(email)) do nothing");
        command.Parameters.AddWithValue(email);
        command.Parameters.AddWithValue(name.Length > 200 ? name[..200] : name);
        command.Parameters.Add(new NpgsqlParameter { Value = isAdmin ? "admin" : string.IsNullOrEmpty(settings.NewRole) ? DBNull.Value : settings.NewRole, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
        await book.RefreshAsync(cancel);
        return book.Now.UsersByEmail.GetValueOrDefault(email)?.Key;
    }
}
