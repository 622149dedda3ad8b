using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Which alerts a route takes: all that is named must hold, and of a list one is enough.</summary>
public sealed record RouteMatch
{
    /// <summary>Types, such as <c>diagnosis.raised</c> or <c>run.failed</c>; null: all that are bad news.</summary>
    /// <example>["diagnosis.raised", "run.lost"]</example>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>The least severity: <c>info</c>, <c>warn</c>, <c>high</c> or <c>crit</c>; null: <c>warn</c>.</summary>
    /// <example>high</example>
    public string? Severity { get; init; }

    /// <summary>Conditions, such as <c>loss-divergence</c>; null: any.</summary>
    public IReadOnlyList<string>? Conditions { get; init; }

    /// <summary>Tags of the run; null: any.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Groups of the run; null: any.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>Users: the run's config key <c>user</c>; null: anybody.</summary>
    public IReadOnlyList<string>? Users { get; init; }

    /// <summary>Ids of threshold rules; null: any.</summary>
    public IReadOnlyList<string>? Rules { get; init; }

    /// <summary>Whether the route takes an alert about a run.</summary>
    public bool Takes(RoutedRun run, string type, AlertMessage message)
    {
        var least = Severity is { } word && Enum.TryParse<Severity>(word, ignoreCase: true, out var parsed) ? parsed : Core.Diagnosis.Severity.Warn;
        // A severity that was not asked for does not hide a type that was.
        if (message.Severity < least && !(Severity is null && Types?.Contains(type, StringComparer.Ordinal) is true)) return false;
        return Any(Types, type) && AnyOf(Conditions, message.Conditions) && AnyOf(Tags, run.Tags) && Any(Groups, run.Group) && Any(Users, run.User) && Any(Rules, message.Rule?.Id);
    }

    private static bool Any(IReadOnlyList<string>? wanted, string? value) => wanted is null || (value is not null && wanted.Contains(value, StringComparer.Ordinal));

    private static bool AnyOf(IReadOnlyList<string>? wanted, IReadOnlyList<string> values) => wanted is null || wanted.Intersect(values, StringComparer.Ordinal).Any();
}

/// <summary>
/// Chooses the channels of an alert, in the transaction that writes it. What takes back an earlier alert, or changes it in place, goes where that one went.
/// </summary>
public sealed class AlertRouting(AlertChannels channels)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<string, string> configured = channels.Configured.ToDictionary(channel => channel.Id, channel => channel.Kind, StringComparer.Ordinal);

    public async Task<string[]> ChannelsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RoutedRun run, NewAlert alert, CancellationToken cancel)
    {
        if (alert.Quiet || AlertTypes.IsResolution(alert.Type)) return await EarlierAsync(connection, transaction, alert, cancel);
        var (open, routes) = await ReadAsync(connection, transaction, alert.ProjectKey, cancel);
        if (routes.Count == 0) return new RouteMatch().Takes(run, alert.Type, alert.Message) ? [.. open] : [];
        return [.. routes.Where(route => route.Match.Takes(run, alert.Type, alert.Message)).SelectMany(route => route.Channels).Where(open.Contains).Distinct(StringComparer.Ordinal)];
    }

    private async Task<(HashSet<string> Open, List<(RouteMatch Match, string[] Channels)> Routes)> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long projectKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select id, null::text, null::text[] from channels where enabled union all
            select null::text, match::text, channels from routes where enabled and (project_key = $1 or project_key is null)
            """, connection, transaction);
        command.Parameters.AddWithValue(projectKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (open, routes) = (new HashSet<string>(configured.Keys, StringComparer.Ordinal), new List<(RouteMatch, string[])>());
        while (await reader.ReadAsync(cancel))
        {
            if (!reader.IsDBNull(0)) open.Add(reader.GetString(0));
            else routes.Add((JsonSerializer.Deserialize<RouteMatch>(reader.GetString(1), Json)!, reader.GetFieldValue<string[]>(2)));
        }

        return (open, routes);
    }

    /// <summary>The channels that an earlier alert about the subject went to; of a quiet one those that make no sound of it.</summary>
    private async Task<string[]> EarlierAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, NewAlert alert, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "select distinct o.channel, c.kind from outbox o left join channels c on c.id = o.channel where o.order_key = $1 and o.skipped is null", connection, transaction);
        command.Parameters.AddWithValue(alert.Subject);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            var id = reader.GetString(0);
            var kind = reader.IsDBNull(1) ? configured.GetValueOrDefault(id) : reader.GetString(1);
            if (!alert.Quiet || (kind is not null && (kind == ChannelKinds.Webhook || ChannelKinds.ChangesInPlace(kind)))) found.Add(id);
        }

        return [.. found];
    }
}
