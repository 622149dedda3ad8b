using System.Net;
using System.Text;
using System.Text.Json;

namespace Tracker.Testing.Durability;

/// <summary>One writer that sends numbered batches over REST, each again and again until it is acknowledged, whatever happens to the server.</summary>
internal sealed class LoopWriter(HttpClient http, string run, int number)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _id = $"writer-{number}-{Guid.NewGuid():n}";

    public string Run => run;

    public int Number => number;

    /// <summary>Batches that the server has acknowledged.</summary>
    public long Batches { get; private set; }

    /// <summary>Steps of those batches: 0 up to this one.</summary>
    public long Steps { get; private set; }

    /// <summary>Requests that got no answer, or one that asked to come again.</summary>
    public long Resent { get; private set; }

    /// <summary>Sends until asked to pause; the batch on its way is acknowledged before this returns.</summary>
    public async Task SendAsync(CancellationToken pause, CancellationToken cancel)
    {
        while (!pause.IsCancellationRequested)
        {
            var body = Encoding.UTF8.GetBytes(LoopValues.Body(_id, number, Batches + 1, Steps));
            while (!await TryAsync(body, cancel))
            {
                Resent++;
                await Task.Delay(Pause, cancel);
            }

            Steps += LoopValues.StepsOf(number, Batches + 1);
            Batches++;
        }
    }

    /// <returns>True when the server acknowledged the batch; false when nobody knows or the server asks to come again.</returns>
    private async Task<bool> TryAsync(byte[] body, CancellationToken cancel)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            using var answer = await http.PostAsync(new Uri($"/api/v1/runs/{run}/log", UriKind.Relative), content, patience.Token);
            var text = await answer.Content.ReadAsStringAsync(patience.Token);
            if (answer.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError) return false;
            if (answer.StatusCode != HttpStatusCode.OK) throw new DurabilityException($"Batch {Batches + 1} of writer {number} of run {run} got {(int)answer.StatusCode}: {text}");
            using var json = JsonDocument.Parse(text);
            var through = json.RootElement.GetProperty("acceptedThrough").GetInt64();
            if (through != Batches + 1) throw new DurabilityException($"Batch {Batches + 1} of writer {number} of run {run} was answered with acceptedThrough {through}.");
            return true;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or System.Net.Sockets.SocketException or JsonException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }
}

/// <summary>A promise of the store was broken.</summary>
public sealed class DurabilityException(string message, Exception? cause = null) : Exception(message, cause);
