using Tracker.Api.Runs;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Channels over REST.</summary>
internal static class ChannelEndpoints
{
    private const int MostChannels = 200;

    public static void MapChannels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/channels").WithTags("Alerts").Needs(Rights.Admin, Of.Server).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("", List).WithSummary("Where alerts can go: channels of the configuration and those that people manage, with how delivery goes. Secrets are never shown.");
        group.MapPost("", Create).WithSummary("Makes a channel. A webhook's secret is in this answer and never again.");
        group.MapGet("/{id}", Get).WithSummary("One channel.");
        group.MapPatch("/{id}", Patch).WithSummary("Changes a channel; what is absent stays. Enabling it again ends a pause after failures.").ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{id}", Delete).WithSummary("Takes a channel away; what waits for it is kept as dead letters.").ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/test", Test).WithSummary("Sends a test message at once, past rates and quiet hours, and says what the receiver answered.");
        group.MapPost("/{id}/secret", Rotate).WithSummary("Gives a webhook a new secret; for a while messages bear the signatures of both.").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<Page<ChannelDto>>> List(AlertChannels channels, ChannelHealths healths, AlertLinks links, CancellationToken cancel)
    {
        var health = await healths.ReadAsync(cancel);
        return TypedResults.Ok(new Page<ChannelDto>([.. (await channels.ListAsync(cancel)).Select(channel => Show(channel, channels, links, health.GetValueOrDefault(channel.Id)))], null));
    }

    private static async Task<Results<Created<ChannelDto>, ProblemHttpResult>> Create(
        ChannelRequest request, AlertChannels channels, ChannelStore store, ChannelRules rules, AlertLinks links, AlertSignal signal, CancellationToken cancel)
    {
        if (request.Kind is not { } kind || !ChannelKinds.All.Contains(kind, StringComparer.Ordinal))
            return Problems.Invalid("kind", $"There is no kind of channel \"{request.Kind}\".", string.Join(", ", ChannelKinds.All));
        if ((await store.ListAsync(cancel)).Count >= MostChannels) return Problems.Invalid("kind", $"There are {MostChannels} channels already.", $"{MostChannels} channels");
        var made = kind == ChannelKinds.Webhook && string.IsNullOrEmpty(request.Secret) ? ChannelRules.NewSecret() : null;
        var (channel, problem) = rules.Apply(
            new StoredChannel(ChannelStore.NewId(), kind, kind, true, null, new(), new() { Secret = made }, ChannelPolicy.DefaultOf(kind)), request);
        if (channel is null) return problem!;
        await store.SaveAsync(channel, cancel);
        signal.RaiseChange();
        return TypedResults.Created($"/api/v1/channels/{channel.Id}", Show(channel, channels, links, null, kind == ChannelKinds.Webhook ? channel.Secrets.Secret : null));
    }

    private static async Task<Results<Ok<ChannelDto>, ProblemHttpResult>> Get(string id, AlertChannels channels, ChannelHealths healths, AlertLinks links, CancellationToken cancel) =>
        await FindAsync(id, channels, cancel) is { } channel ? TypedResults.Ok(Show(channel, channels, links, (await healths.ReadAsync(cancel)).GetValueOrDefault(id))) : Unknown(id);

    private static async Task<Results<Ok<ChannelDto>, ProblemHttpResult>> Patch(
        string id, ChannelRequest request, AlertChannels channels, ChannelStore store, ChannelRules rules, ChannelHealths healths, AlertLinks links, DeliveryLog deliveryLog, AlertSignal signal, CancellationToken cancel)
    {
        if (await FindAsync(id, channels, cancel) is not { } channel) return Unknown(id);
        if (IsReadOnly(channel, channels)) return ReadOnly(id);
        if (request.Kind is not null && request.Kind != channel.Kind) return Problems.Invalid("kind", "The kind of a channel cannot be changed: make another one.");
        var (changed, problem) = rules.Apply(channel, request);
        if (changed is null) return problem!;
        await store.SaveAsync(changed, cancel);
        if (request.Enabled is true) await deliveryLog.CloseBreakerAsync(id, cancel);
        signal.RaiseChange();
        return TypedResults.Ok(Show(changed, channels, links, (await healths.ReadAsync(cancel)).GetValueOrDefault(id)));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(string id, AlertChannels channels, ChannelStore store, AlertSignal signal, CancellationToken cancel)
    {
        if (await FindAsync(id, channels, cancel) is not { } channel) return Unknown(id);
        if (IsReadOnly(channel, channels)) return ReadOnly(id);
        await store.DeleteAsync(id, cancel);
        signal.RaiseChange();
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<ChannelTestDto>, ProblemHttpResult>> Test(string id, AlertChannels channels, AlertLinks links, AlertPictures pictures, TimeProvider time, CancellationToken cancel)
    {
        if (await FindAsync(id, channels, cancel) is not { } stored) return Unknown(id);
        if (channels.Open(stored) is not { } channel) return Problems.Invalid("id", "The channel's settings are not enough to send: its secrets must be entered again.");
        var alert = new Alert(Guid.NewGuid(), AlertTypes.Test, time.GetUtcNow(), new AlertMessage
        {
            Severity = Severity.Info,
            Project = "Tracker",
            Run = "",
            RunName = "none",
            Title = $"Test of the channel {stored.Name}",
            Symptom = "Somebody pressed the button that tests this channel. Alerts will look like this one; there is nothing to do.",
            OnsetStep = 0,
            Step = 0,
            Url = links.To("/"),
        });
        var began = time.GetTimestamp();
        var sample = pictures.Sample();
        var result = await channel.SendAsync(new Outgoing(alert.Id, alert, $"test/{alert.Id}", AlertActions.None) { Picture = _ => Task.FromResult<byte[]?>(sample) }, cancel);
        return TypedResults.Ok(new ChannelTestDto(result.Outcome == DeliveryOutcome.Delivered, result.Error, (long)time.GetElapsedTime(began).TotalMilliseconds));
    }

    private static async Task<Results<Ok<ChannelDto>, ProblemHttpResult>> Rotate(
        string id, RotateRequest? request, AlertChannels channels, ChannelStore store, ChannelHealths healths, AlertLinks links, AlertSignal signal, TimeProvider time, CancellationToken cancel)
    {
        if (await FindAsync(id, channels, cancel) is not { } channel) return Unknown(id);
        if (IsReadOnly(channel, channels)) return ReadOnly(id);
        if (channel.Kind != ChannelKinds.Webhook) return Problems.Invalid("id", "Only webhooks have a secret that signs.");
        if (request?.OverlapHours is < 0 or > 168 or double.NaN) return Problems.Invalid("overlapHours", "overlapHours lies between 0 and 168.");
        if (request?.Secret is { Length: > 0 } given && WebhookMessage.SecretBytes(given) is null) return Problems.Invalid("secret", "A secret is whsec_ followed by base64 of 24 to 64 bytes.");
        var secret = string.IsNullOrEmpty(request?.Secret) ? ChannelRules.NewSecret() : request.Secret;
        var changed = channel with
        {
            Secrets = channel.Secrets with { Secret = secret, EarlierSecret = channel.Secrets.Secret },
            Settings = channel.Settings with { EarlierSecretUntil = time.GetUtcNow() + TimeSpan.FromHours(request?.OverlapHours ?? 24) },
        };
        await store.SaveAsync(changed, cancel);
        signal.RaiseChange();
        return TypedResults.Ok(Show(changed, channels, links, (await healths.ReadAsync(cancel)).GetValueOrDefault(id), secret));
    }

    private static async Task<StoredChannel?> FindAsync(string id, AlertChannels channels, CancellationToken cancel) => (await channels.ListAsync(cancel)).Find(channel => channel.Id == id);

    private static bool IsReadOnly(StoredChannel channel, AlertChannels channels) => channels.Configured.Any(configured => configured.Id == channel.Id);

    private static ChannelDto Show(StoredChannel channel, AlertChannels channels, AlertLinks links, ChannelHealth? health, string? secret = null) =>
        ChannelDto.Of(channel, IsReadOnly(channel, channels), health ?? ChannelHealths.Unknown, links.To($"/api/v1/channels/{channel.Id}/slack")?.AbsoluteUri, secret);

    private static ProblemHttpResult Unknown(string id) => Problems.Unknown("channel", id);

    private static ProblemHttpResult ReadOnly(string id) => Problems.Conflict("id", $"The channel \"{id}\" stands in the server's configuration: change it there.");
}
