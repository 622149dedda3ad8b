using Microsoft.Extensions.Options;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Access: who may reach the server, and what they may do there.</summary>
public static class AuthSetup
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddSection<AccessOptions>(AccessOptions.Section);
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsValidator>();
        services.AddSingleton<AccessBook>();
        services.AddHostedService(provider => provider.GetRequiredService<AccessBook>());
        services.AddSingleton<Sessions>();
        services.AddSingleton<KeyUses>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyUses>());
        services.AddSingleton<LongConnections>();
        services.AddHostedService(provider => provider.GetRequiredService<LongConnections>());
        services.AddSingleton<ProxySignOn>();
        services.AddSingleton<Identification>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Subjects>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<PeopleStore>();
        services.AddSingleton<SessionReader>();
    }

    /// <summary>First of all: what a trusted proxy says of the connection, and what browsers are told with every answer.</summary>
    public static void UseAddresses(this WebApplication app)
    {
        var proxy = app.Services.GetRequiredService<ProxySignOn>();
        if (proxy.Forwarded() is { } forwarded)
        {
            app.Use((http, next) =>
            {
                proxy.Mark(http);
                return next(http);
            });
            app.UseForwardedHeaders(forwarded);
        }

        app.Use(SecurityHeaders.Add);
    }

    /// <summary>The gate, after the handler of errors and before every endpoint.</summary>
    public static void UseAccess(this WebApplication app) => app.UseMiddleware<AccessGate>();

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        app.MapSession();
        app.MapKeys();
        app.MapPeople();
        app.MapInvitations();
        app.MapShares();
        app.MapAudit();
    }
}
