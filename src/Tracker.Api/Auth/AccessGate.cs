using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>
/// The one gate of HTTP: finds out who calls, asks the route's rule, answers 401, 403, 404 or 429 itself, and writes the audit log. A route without a rule is for admins of the server.
/// </summary>
public sealed partial class AccessGate(RequestDelegate next, Identification identification, Subjects subjects, RateLimits limits, LongConnections connections, AuditLog audit, ILogger<AccessGate> log)
{
    private static readonly AccessRule NoRule = new(Rights.Admin, Of.Server);

    public async Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var endpoint = http.GetEndpoint();
        if (endpoint is null)
        {
            await next(http);
            return;
        }

        var rule = endpoint.Metadata.GetMetadata<AccessRule>() ?? NoRule;
        // Pages and files are the same for everybody and cost nothing to find out.
        if (rule.Of == Of.Anyone && !http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            await next(http);
            return;
        }

        var caller = await identification.OfAsync(http, http.RequestAborted);
        http.Features.Set(caller);
        if (limits.Take(caller, http.Connection.RemoteIpAddress) is { } seconds)
        {
            http.Response.Headers.RetryAfter = $"{seconds}";
            await Problems.TooManyCalls(seconds).ExecuteAsync(http);
            return;
        }

        var (refusal, project) = await CheckAsync(http, caller, rule);
        if (refusal is not null)
        {
            if (refusal.StatusCode == StatusCodes.Status401Unauthorized) http.Response.Headers.WWWAuthenticate = "Bearer realm=\"tracker\"";
            await refusal.ExecuteAsync(http);
            return;
        }

        // A stream of events may last for days: it ends with the right to it.
        using var watched = http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal) ? connections.Add(caller, () => caller.MaySomewhere(rule.Right), http.Abort) : null;
        await next(http);
        if (Changes(http.Request.Method) && http.Response.StatusCode < 400 && (rule.Right & (Rights.Write | Rights.Admin)) != Rights.None || http.Features.Get<AuditNote>() is not null)
        {
            await NoteAsync(http, http.Caller(), project, endpoint);
        }
    }

    private async ValueTask<(ProblemHttpResult? Refusal, long? Project)> CheckAsync(HttpContext http, Caller caller, AccessRule rule)
    {
        // What everybody may call uses nobody's authority.
        if (rule.Of == Of.Anyone) return (null, null);
        if (caller.IsAmbient && !CrossOrigin.IsAllowed(http.Request, needsProof: caller.Kind != CallerKind.Local)) return (Problems.CrossOrigin(), null);
        if (caller.Kind == CallerKind.Nobody) return (Problems.Unauthorized(caller.Fault ?? ""), null);
        if (rule.Of == Of.Server) return (caller.Everywhere.HasFlag(rule.Right) ? null : Problems.Forbidden(), null);
        if (rule.Of == Of.Caller) return (caller.MaySomewhere(rule.Right) ? null : Problems.Forbidden(), null);
        // Who may do it everywhere gets the handler's own answer to what does not exist. Only what is noted needs its project.
        if (caller.Everywhere.HasFlag(rule.Right) && (!Changes(http.Request.Method) || rule.Right == Rights.Ingest)) return (null, null);

        var subject = await subjects.FindAsync(rule.Of, http, http.RequestAborted);
        if (caller.Everywhere.HasFlag(rule.Right)) return (null, subject.Project);
        var rights = subject.Project is { } project ? caller.In(project, subject.Run) : Rights.None;
        return (rights.HasFlag(rule.Right) ? null : rights == Rights.None ? subject.Absent() : Problems.Forbidden(), subject.Project);
    }

    private static bool Changes(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    /// <summary>What was done is done: a row that cannot be written is told in the log.</summary>
    private async Task NoteAsync(HttpContext http, Caller caller, long? project, Endpoint endpoint)
    {
        var note = http.Features.Get<AuditNote>();
        var route = (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? http.Request.Path.Value ?? "";
        var action = note?.Action ?? $"{http.Request.Method} {route.Replace("/api/v1", "", StringComparison.Ordinal)}";
        var target = note?.Target ?? (http.GetRouteValue("id") ?? http.GetRouteValue("name") ?? http.GetRouteValue("project")) as string;
        try
        {
            await audit.WriteAsync(caller.Name, http.Connection.RemoteIpAddress?.ToString(), action, project, target, note?.Detail, CancellationToken.None);
        }
        catch (Npgsql.NpgsqlException error)
        {
            LogUnwritten(error, caller.Name, action, target);
        }
    }

    [LoggerMessage(6003, LogLevel.Error, "The audit log could not be written: {Actor} {Action} {Target}")]
    private partial void LogUnwritten(Exception error, string actor, string action, string? target);
}
