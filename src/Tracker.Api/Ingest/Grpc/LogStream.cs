using System.Threading.Channels;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Storage;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>
/// One <c>LogStream</c>: batches are decoded and handed to the journal while earlier ones are being committed; acknowledgements go out in the
/// order of the batches. What is under way is bounded, and when the journal is busy its batches are offered again: the stream reads more
/// slowly, and HTTP/2 holds the client back.
/// </summary>
internal sealed class LogStream(GrpcCall call, Ingest ingest, IngestRoom room, TimeProvider clock, CancellationToken stopping) : IDisposable
{
    /// <summary>A stream has at most so many bytes of messages under way, or one batch.</summary>
    private const int BytesUnderWay = 4 << 20;

    private const int BytesPerPlace = 64 << 10;
    private const int Places = BytesUnderWay / BytesPerPlace;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _places = new(Places);
    private readonly Channel<Pending> _underWay = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(call.Over);

    /// <summary>The highest number of each writer that this stream has acknowledged.</summary>
    private readonly Dictionary<string, long> _acknowledged = new(StringComparer.Ordinal);

    /// <param name="Batch">What was sent.</param>
    /// <param name="Request">The same for the journal.</param>
    /// <param name="Answer">Its answer to come, or null for a batch that waits for the ones before.</param>
    /// <param name="Places">What it takes of the stream's bytes.</param>
    /// <param name="Space">What it takes of the node's.</param>
    private sealed record Pending(DecodedBatch Batch, IngestRequest Request, Task<IngestAnswer>? Answer, int Places, IngestRoom.Space Space);

    public async Task RunAsync()
    {
        await call.Http.Response.StartAsync(call.Over);
        await call.FlushAsync();
        var answering = AnswerAsync();
        // A server that stops takes no more batches and acknowledges those that it has.
        using var onStop = stopping.Register(_end.Cancel);
        Exception? failure = null;
        try
        {
            await TakeAsync();
        }
        catch (Exception error)
        {
            failure = error;
        }

        _underWay.Writer.Complete();
        // Its failure ended the reading and is what the client has to know.
        await answering;
        if (failure is OperationCanceledException && stopping.IsCancellationRequested && !call.Over.IsCancellationRequested) throw ProblemStatus.Exception(Problems.Stopping());
        if (failure is not null) throw failure;
    }

    public void Dispose()
    {
        // A stream that failed leaves batches behind that nobody waits for any more.
        while (_underWay.Reader.TryRead(out var left)) left.Space.Dispose();
        _end.Dispose();
        _places.Dispose();
    }

    private async Task TakeAsync()
    {
        string? run = null;
        while (await call.ReadAsync(_end.Token) is { } message)
        {
            var batch = LogRequestReader.Read(message.Span, clock.GetUtcNow().ToUnixTimeMilliseconds());
            run ??= batch.Run.Length > 0 ? batch.Run : throw ProblemStatus.Invalid("run", "The first batch of a stream names its run.");
            if (batch.Run.Length > 0 && batch.Run != run) throw ProblemStatus.Invalid("run", $"All batches of a stream belong to one run, here \"{run}\".");

            var places = Math.Clamp(message.Length / BytesPerPlace, 1, Places);
            for (var i = 0; i < places; i++) await _places.WaitAsync(_end.Token);
            var space = await TakeSpaceAsync(batch);
            var request = batch.For(run);
            // Numbers keep batches in order whatever overtakes what; those without wait until the one before is stored.
            var answer = batch.Batch is null ? null : ingest.AppendAsync(request, call.Http.Caller(), call.Over);
            _underWay.Writer.TryWrite(new Pending(batch, request, answer, places, space));
        }
    }

    /// <summary>Waits until the node has room for a batch. It holds none while it waits, so that streams cannot hold up each other.</summary>
    private async Task<IngestRoom.Space> TakeSpaceAsync(DecodedBatch batch)
    {
        var space = room.Open();
        var pause = FirstPause;
        while (!space.TryGrow(batch.Content.WaitingBytes))
        {
            await Task.Delay(pause, clock, _end.Token);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return space;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (await _underWay.Reader.WaitToReadAsync(call.Over))
            {
                while (_underWay.Reader.TryRead(out var pending)) await AnswerAsync(pending);
                await call.FlushAsync();
            }
        }
        catch
        {
            await _end.CancelAsync();
            throw;
        }
    }

    private async Task AnswerAsync(Pending pending)
    {
        using var space = pending.Space;
        var settled = SettleAsync(pending);
        // Acknowledgements that are ready together leave together.
        if (!settled.IsCompleted) await call.FlushAsync();
        var answer = await settled;
        if (IngestAnswers.Problem(pending.Request, answer.Append) is { } problem) throw ProblemStatus.Exception(problem);
        if (pending.Batch is { Writer: { } writer, Batch: { } number }) _acknowledged[writer] = number;
        call.Write(IngestAnswers.Response(pending.Batch, answer));
        _places.Release(pending.Places);
    }

    /// <summary>The journal's last word on a batch; everything before it in the stream is stored.</summary>
    private async Task<IngestAnswer> SettleAsync(Pending pending)
    {
        var answer = await (pending.Answer ?? ingest.AppendAsync(pending.Request, call.Http.Caller(), call.Over));
        var rejected = answer.Rejected;
        var pause = FirstPause;
        while (answer.Append.Outcome == AppendOutcome.Busy || HasOvertaken(pending, answer))
        {
            if (answer.Append.Outcome == AppendOutcome.Busy)
            {
                await Task.Delay(pause, clock, call.Over);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }

            // The batch holds no more what was rejected the first time.
            answer = await ingest.AppendAsync(pending.Request, call.Http.Caller(), call.Over) with { Rejected = rejected };
        }

        return answer;
    }

    /// <summary>Whether the batch came to the journal before the one that precedes it, which is stored by now.</summary>
    private bool HasOvertaken(Pending pending, IngestAnswer answer) =>
        answer.Append.Outcome == AppendOutcome.Gap && pending.Batch is { Writer: { } writer, Batch: { } number }
        && _acknowledged.TryGetValue(writer, out var last) && last + 1 >= number;
}
