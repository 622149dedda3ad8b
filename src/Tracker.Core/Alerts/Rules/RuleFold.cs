using System.Text.Json;
using System.Text.Json.Serialization;
using Tracker.Core.Series;

namespace Tracker.Core.Alerts.Rules;

/// <summary>A rule that a project has, as a fold needs it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Rises with each change: a changed rule begins anew.</param>
/// <param name="Rule">What it says.</param>
public sealed record ActiveRule(string Id, int Version, ThresholdRule Rule);

/// <summary>An event of a rule in a run.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="Sequence">The batch that gave it.</param>
/// <param name="Event">What happened.</param>
public sealed record RuleFinding(string RuleId, long Sequence, RuleEvent Event);

/// <summary>
/// Folds a run's batches, in canonical order, through the threshold rules of its project. It reads no clock and its state can be saved, so that a restart, or
/// a preview over the stored run, gives what was seen live. <c>absent(…)</c> is not folded: silence is a state.
/// </summary>
public sealed class RuleFold
{
    private readonly Dictionary<string, (ActiveRule Rule, Dictionary<string, RuleState> States)> rules = new(StringComparer.Ordinal);

    /// <summary>Rules that are followed.</summary>
    public int Count => rules.Count;

    /// <summary>Takes up new and changed rules from here on, and drops those that are gone. Answers whether anything changed.</summary>
    public bool Follow(IReadOnlyList<ActiveRule> wanted)
    {
        var changed = false;
        foreach (var id in rules.Keys.Except(wanted.Select(rule => rule.Id), StringComparer.Ordinal).ToList()) changed |= rules.Remove(id);
        foreach (var rule in wanted)
        {
            if (rule.Rule.Measure == RuleMeasure.Absent || (rules.TryGetValue(rule.Id, out var known) && known.Rule.Version == rule.Version && known.Rule.Rule == rule.Rule)) continue;
            rules[rule.Id] = (rule, new Dictionary<string, RuleState>(StringComparer.Ordinal));
            changed = true;
        }

        return changed;
    }

    public IEnumerable<RuleFinding> Fold(StoredBatch batch)
    {
        if (rules.Count == 0) yield break;
        if (batch.Batch.Events.Exists(happened => happened.Kind == "resume"))
        {
            foreach (var state in rules.Values.SelectMany(rule => rule.States.Values)) state.Resume();
        }

        // In the order of ids and of first appearance: the same on every node.
        foreach (var (id, (rule, states)) in rules.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            foreach (var column in batch.Batch.Scalars)
            {
                if (!states.TryGetValue(column.Name, out var state))
                {
                    if (!rule.Rule.IsAbout(column.Name)) continue;
                    states[column.Name] = state = new RuleState();
                }

                for (var i = 0; i < column.Count; i++)
                {
                    if (state.Take(rule.Rule, column.Name, column.Steps[i], column.Values[i]) is { } happened) yield return new RuleFinding(id, batch.Sequence, happened);
                }
            }
        }
    }

    /// <summary>The state, to go on from.</summary>
    public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(
        rules.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new SavedRule(entry.Key, entry.Value.Rule.Version, entry.Value.Rule.Rule, entry.Value.States)).ToList(), RuleJson.Exact.ListSavedRule);

    /// <summary>Rules as they were saved; none when the state is damaged or of another form: then they begin anew.</summary>
    public static RuleFold Load(ReadOnlySpan<byte> state)
    {
        var loaded = new RuleFold();
        try
        {
            foreach (var saved in JsonSerializer.Deserialize(state, RuleJson.Exact.ListSavedRule) ?? [])
                loaded.rules[saved.Id] = (new ActiveRule(saved.Id, saved.Version, saved.Rule), new Dictionary<string, RuleState>(saved.States, StringComparer.Ordinal));
        }
        catch (JsonException)
        {
            loaded.rules.Clear();
        }

        return loaded;
    }

    internal sealed record SavedRule(string Id, int Version, ThresholdRule Rule, Dictionary<string, RuleState> States);
}

/// <summary>The JSON of saved rules; doubles are kept bit for bit but for payloads of NaN.</summary>
[JsonSerializable(typeof(List<RuleFold.SavedRule>))]
internal sealed partial class RuleJson : JsonSerializerContext
{
    public static RuleJson Exact { get; } = new(new JsonSerializerOptions { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals });
}
