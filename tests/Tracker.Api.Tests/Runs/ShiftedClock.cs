using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Tracker.Api.Tests.Runs;

/// <summary>The system's clock, put forward: timers go on as they are.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;

    public void Use(IWebHostBuilder host) => host.ConfigureServices(services => services.AddSingleton<TimeProvider>(this));
}
