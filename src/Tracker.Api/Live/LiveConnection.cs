using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Tracker.Api.Alerts;
using Tracker.Api.Analysis;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;

namespace Tracker.Api.Live;

/// <summary>
/// One browser: what it watches, what waits for it, and the one loop that sends. A send ends when the transport has taken the message, so while a slow
/// browser takes its time the next messages grow together: of a run or a diagnosis only the latest state waits, of points one message a run.
/// </summary>
internal sealed partial class LiveConnection : IDisposable
{
    private readonly ISingleClientProxy client;
    private readonly Action abort;
    private readonly ILogger log;
    private readonly CancellationTokenSource ended = new();
    private readonly WakeSignal signal = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, RunDto> runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DiagnosisDto> diagnoses = new(StringComparer.Ordinal);
    private readonly Queue<AlertItem> alerts = new();

    /// <param name="client">Where messages go.</param>
    /// <param name="caller">Whose browser it is.</param>
    /// <param name="abort">Ends the connection.</param>
    /// <param name="log">For what must not happen.</param>
    public LiveConnection(ISingleClientProxy client, Caller caller, Action abort, ILogger log)
    {
        this.client = client;
        Caller = caller;
        this.abort = abort;
        this.log = log;
        Ended = ended.Token;
        _ = SendAllAsync();
    }

    public Caller Caller { get; }

    /// <summary>The watch over its rights, which ends with it.</summary>
    public IDisposable? Access { get; set; }

    /// <summary>Cancelled when the browser has gone.</summary>
    public CancellationToken Ended { get; }

    /// <summary>The runs it watches, by id.</summary>
    public ConcurrentDictionary<string, RunWatch> Runs { get; } = new(StringComparer.Ordinal);

    /// <summary>The projects it watches, by name.</summary>
    public ConcurrentDictionary<string, ProjectWatch> Projects { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the browser still may see all that it watches.</summary>
    public bool MayStay() =>
        Runs.Values.All(watch => Caller.May(Rights.Read, watch.Run)) && Projects.Values.All(watch => Caller.May(Rights.Read, watch.ProjectKey));

    public void Wake() => signal.Raise();

    public void Offer(RunDto run)
    {
        lock (gate) runs[run.Id] = run;
        Wake();
    }

    public void Offer(DiagnosisDto diagnosis)
    {
        lock (gate) diagnoses[diagnosis.Id] = diagnosis;
        Wake();
    }

    public void Offer(AlertItem alert)
    {
        lock (gate)
        {
            alerts.Enqueue(alert);
            // The list over REST has them all; what is pushed is for the eye.
            if (alerts.Count > LiveLimits.WaitingAlerts) alerts.Dequeue();
        }
        Wake();
    }

    /// <summary>Keeps a watch that is complete and opens it; false when the browser has gone meanwhile.</summary>
    public bool Keep(RunWatch watch)
    {
        Runs[watch.Run.Id] = watch;
        watch.Open();
        return !Ended.IsCancellationRequested;
    }

    /// <summary>Keeps a watch; false when the browser has gone meanwhile.</summary>
    public bool Keep(string project, ProjectWatch watch)
    {
        Projects[project] = watch;
        return !Ended.IsCancellationRequested;
    }

    public void Dispose()
    {
        Access?.Dispose();
        ended.Cancel();
        ended.Dispose();
    }

    // Ends with the connection. When a send fails it ends the connection: a browser that reconnects goes on where it was, one that is left waits for ever.
    private async Task SendAllAsync()
    {
        var messages = new List<(string Method, object Message)>();
        try
        {
            while (true)
            {
                await signal.WaitAsync(Timeout.InfiniteTimeSpan, Ended);
                TakeInto(messages);
                foreach (var (method, message) in messages) await client.SendAsync(method, message, Ended);
                messages.Clear();
            }
        }
        catch (Exception error)
        {
            if (Ended.IsCancellationRequested) return;
            LogSendFailed(error);
            abort();
        }
    }

    private void TakeInto(List<(string Method, object Message)> messages)
    {
        lock (gate)
        {
            foreach (var run in runs.Values) messages.Add(("run", run));
            foreach (var diagnosis in diagnoses.Values) messages.Add(("diagnosis", diagnosis));
            foreach (var alert in alerts) messages.Add(("alert", alert));
            runs.Clear();
            diagnoses.Clear();
            alerts.Clear();
        }
        foreach (var watch in Runs.Values) watch.TakeInto(messages);
    }

    [LoggerMessage(3003, LogLevel.Warning, "A browser's connection is ended, nothing more can be sent to it")]
    private partial void LogSendFailed(Exception error);
}
