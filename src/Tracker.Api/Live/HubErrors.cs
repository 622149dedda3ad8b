using Microsoft.AspNetCore.SignalR;

namespace Tracker.Api.Live;

/// <summary>
/// What a call did wrong is told to the caller and is no error of ours; the rest is logged here, once, and the caller learns only that it failed.
/// SignalR's own line for either, at level error, is switched off in appsettings.json.
/// </summary>
internal sealed partial class HubErrors(ILogger<HubErrors> log) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (HubException)
        {
            throw;
        }
        catch (OperationCanceledException) when (invocationContext.Context.ConnectionAborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            LogCallFailed(error, invocationContext.HubMethodName);
            throw new HubException("The server failed. Its log says why.", error);
        }
    }

    [LoggerMessage(3002, LogLevel.Error, "The hub's {Method} failed")]
    private partial void LogCallFailed(Exception error, string method);
}
