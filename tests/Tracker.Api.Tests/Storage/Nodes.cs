using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Tracker.Api.Storage.Following;

namespace Tracker.Api.Tests.Storage;

internal static class Nodes
{
    /// <summary>A node that takes batches and follows no run: what a test does itself then.</summary>
    public static void WithoutFollowers(IWebHostBuilder host) => host.ConfigureServices(services =>
    {
        foreach (var follower in services.Where(service => service.ImplementationType == typeof(Followers)).ToList()) services.Remove(follower);
    });
}
