using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting.Server;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Series;
using Messages = Tracker.Wire.V1;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>The methods of <c>tracker.v1.Ingest</c>: decode, call what REST calls, encode the answer.</summary>
internal sealed class IngestService(Ingest ingest, IngestRoom room, RunStore store, RunCatalog catalog, IServer server, TimeProvider clock, IHostApplicationLifetime host)
{
    public async Task CreateRun(GrpcCall call)
    {
        var request = await call.ReadOneAsync(message => Runs(Parse(Messages.CreateRunRequest.Parser, message)));
        if (RunRules.Check(request) is { } problem) throw ProblemStatus.Exception(problem);
        var (outcome, run) = await store.CreateAsync(request, call.Http.Caller(), call.Over);
        var refused = outcome switch
        {
            CreateOutcome.Exists => Problems.RunExists(request.Id!, "exists. Send resume RESUME_ALLOW to go on with it."),
            CreateOutcome.OtherProject => Problems.RunExists(request.Id!, "exists in another project."),
            CreateOutcome.Missing => Problems.UnknownRun(request.Id ?? ""),
            CreateOutcome.Deleted => Problems.DeletedRun(request.Id!),
            CreateOutcome.HiddenProject => Problems.UnknownProject(request.Project!),
            CreateOutcome.Taken => Problems.RunExists(request.Id!, "cannot be made: this id is taken."),
            _ => null,
        };
        if (refused is not null) throw ProblemStatus.Exception(refused);
        call.Write(new Messages.CreateRunResponse
        {
            Id = run!.Id,
            Project = request.Project,
            Name = run.Name,
            State = run.State,
            Url = $"{Addresses.Pages(server, call.Http.Request.Host)}/runs/{run.Id}",
            Resumed = outcome == CreateOutcome.Resumed,
        });
    }

    public async Task Log(GrpcCall call)
    {
        var batch = await call.ReadOneAsync(message => LogRequestReader.Read(message.Span, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        if (batch.Run.Length == 0) throw ProblemStatus.Invalid("run", "A batch names its run.");
        using var space = room.Open();
        if (!space.TryGrow(batch.Content.WaitingBytes)) throw ProblemStatus.Exception(Problems.Busy());
        var request = batch.For(batch.Run);
        var answer = await ingest.AppendAsync(request, call.Http.Caller(), call.Over);
        if (IngestAnswers.Problem(request, answer.Append) is { } problem) throw ProblemStatus.Exception(problem);
        call.Write(IngestAnswers.Response(batch, answer));
    }

    public async Task LogStream(GrpcCall call)
    {
        using var stream = new LogStream(call, ingest, room, clock, host.ApplicationStopping);
        await stream.RunAsync();
    }

    public async Task Finish(GrpcCall call)
    {
        var request = await call.ReadOneAsync(message => Parse(Messages.FinishRequest.Parser, message));
        if (request.State is not ("" or "finished" or "failed" or "killed")) throw ProblemStatus.Invalid("state", "A run ends finished, failed or killed.", "finished, failed, killed");
        int? exitCode = request.HasExitCode ? request.ExitCode : null;
        var state = request.State.Length > 0 ? request.State : exitCode is null or 0 ? "finished" : "failed";
        var run = SeriesRules.IsId(request.Run) ? await catalog.FindAsync(request.Run, call.Over) is { } there && call.Http.Caller().May(Rights.Ingest, there) ? there : null : throw ProblemStatus.Invalid("run", "A run's id is not of its form.", "1 to 64 of A–Z a–z 0–9 _ . -");
        if (run is null || await store.FinishAsync(run, state, exitCode, call.Over) is not { } finished)
        {
            throw ProblemStatus.Exception(call.Http.Caller().Everywhere.HasFlag(Rights.Ingest) && await catalog.WasDeletedAsync(request.Run, call.Over) ? Problems.DeletedRun(request.Run) : Problems.UnknownRun(request.Run));
        }

        call.Write(new Messages.FinishResponse { State = finished.State });
    }

    /// <summary>The same request as over REST, where an empty text stands for none.</summary>
    private static CreateRunRequest Runs(Messages.CreateRunRequest request) => new()
    {
        Project = request.Project,
        Id = Given(request.Id),
        Name = Given(request.Name),
        Config = Config(request.ConfigJson),
        Tags = [.. request.Tags],
        Group = Given(request.Group),
        JobType = Given(request.JobType),
        Notes = Given(request.Notes),
        Reference = Given(request.Reference),
        Resume = request.Resume switch
        {
            Messages.Resume.Never => "never",
            Messages.Resume.Allow => "allow",
            Messages.Resume.Must => "must",
            _ => throw ProblemStatus.Invalid("resume", $"resume is {(int)request.Resume}.", "RESUME_NEVER, RESUME_ALLOW, RESUME_MUST"),
        },
    };

    private static string? Given(string text) => text.Length == 0 ? null : text;

    private static JsonElement? Config(string json)
    {
        if (json.Length == 0) return null;
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException bad)
        {
            throw ProblemStatus.Invalid("config_json", "This is no JSON: " + bad.Message);
        }
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> message)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException bad)
        {
            throw new GrpcException(GrpcCode.Internal, "The message cannot be parsed: " + bad.Message);
        }
    }
}
