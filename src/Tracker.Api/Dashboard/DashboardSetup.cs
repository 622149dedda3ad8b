using Tracker.Api.Http;

namespace Tracker.Api.Dashboard;

/// <summary>Serves the dashboard that the build bundled: its files, and its first page for every address that is a page of it.</summary>
public static class DashboardSetup
{
    /// <summary>What the dashboard's own router never sees: these answer for themselves, also with "not found".</summary>
    private const string PagesOnly = "{*page:regex(^(?!api/|hubs/|swagger|healthz|readyz|metrics).*$):nonfile}";

    /// <summary>Names of projects and runs may hold dots: <c>lr-0.1</c> is no file.</summary>
    private static readonly string[] Pages = ["/", "/projects/{**rest}", "/runs/{**rest}", PagesOnly];

    private const string NoDashboard =
        """
        <!doctype html><meta charset="utf-8"><title>Tracker</title>
        <body>
        <h1>Tracker runs</h1>
        <p>This server was built without its dashboard, because there was no npm or the build was told to skip it. Its <a href="/swagger">API</a> is all there.</p>
        <p>Install Node.js 20 or newer and build again to have the dashboard here.</p>
        """;

    /// <summary>Finds the dashboard's files where the build left them, in every environment; a published server has them in <c>wwwroot</c>.</summary>
    public static void AddDashboard(this WebApplicationBuilder builder) => builder.WebHost.UseStaticWebAssets();

    public static void MapDashboard(this WebApplication app)
    {
        app.Use(KeepHashedFiles);
        // As a group, so that the rule holds also for the route that serves new files in development.
        app.MapGroup("").OpenToAll().MapStaticAssets();
        var built = app.Environment.WebRootFileProvider.GetFileInfo("index.html").Exists;
        foreach (var pattern in Pages)
        {
            if (built) app.MapFallbackToFile(pattern, "index.html").OpenToAll();
            else app.MapFallback(pattern, () => TypedResults.Content(NoDashboard, "text/html")).OpenToAll();
        }
    }

    /// <summary>The bundle's files have the hash of their contents in their names: a browser never needs to ask for one again.</summary>
    private static Task KeepHashedFiles(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal))
        {
            context.Response.OnStarting(() =>
            {
                if (context.Response.StatusCode == StatusCodes.Status200OK) context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
                return Task.CompletedTask;
            });
        }
        return next(context);
    }
}
