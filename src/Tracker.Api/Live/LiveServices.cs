using System.Text.Json.Serialization;
using Microsoft.AspNetCore.SignalR;
using Tracker.Api.Auth;
using Tracker.Api.Http;

namespace Tracker.Api.Live;

public static class LiveServices
{
    private const int LongestCall = 1 << 20;

    /// <summary>The live feed. Needs storage, runs, analysis and alerts.</summary>
    public static void AddLive(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LiveReads>();
        builder.Services.AddSingleton<LiveFeed>();
        builder.Services
            .AddSignalR(options =>
            {
                options.MaximumReceiveMessageSize = LongestCall;
                options.AddFilter<HubErrors>();
            })
            .AddJsonProtocol(options => options.PayloadSerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals);
        builder.Services.AddSingleton<HubErrors>();
    }

    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapHub<LiveHub>("/hubs/live").Needs(Rights.Read, Of.Caller);
}
