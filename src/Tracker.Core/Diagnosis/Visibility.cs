using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>What of the catalogue a run can show: its series with their roles, and the conditions that nothing it logs would show.</summary>
/// <param name="Recognised">Series that have a role, in the order given.</param>
/// <param name="Unrecognised">Series that no detector looks at, in the order given.</param>
/// <param name="Blind">Conditions that cannot be seen, in the order of the catalogue.</param>
public sealed record Visibility(IReadOnlyList<RecognisedSeries> Recognised, IReadOnlyList<string> Unrecognised, IReadOnlyList<BlindCondition> Blind)
{
    /// <summary>
    /// The report on a run: a pure function of what it logged. An absent series is not a healthy one: a condition listed here was not looked for.
    /// </summary>
    /// <param name="config">The run's config, a JSON object as text, roles set by hand included; null says nothing.</param>
    /// <param name="series">Names of the run's series, and whether each holds histograms.</param>
    /// <param name="events">Kinds and names of the events that it logged.</param>
    public static Visibility Of(string? config, IEnumerable<(string Name, bool IsHistogram)> series, IEnumerable<(string Kind, string Name)> events)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(events);
        var hints = new ConfigHints();
        hints.Read(config);
        List<RecognisedSeries> recognised = [];
        List<string> unrecognised = [];
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, isHistogram) in series)
        {
            if (RoleBook.Of(hints, name, isHistogram) is not { } role)
            {
                unrecognised.Add(name);
                continue;
            }
            recognised.Add(new RecognisedSeries(name, role.Name));
            words.Add(Word(role));
        }
        foreach (var (kind, name) in events) words.Add(kind == "probe" ? "probe:" + name.ToLowerInvariant().Replace('_', '-') : "event:" + kind);
        foreach (var key in Configured(hints)) words.Add("config:" + key);
        return new Visibility(recognised, unrecognised, [.. Conditions.All.Select(c => Judge(c, words)).OfType<BlindCondition>()]);
    }

    /// <summary>The word by which needs name a role.</summary>
    internal static string Word(SeriesRole role) =>
        role.Rank > 0 ? "rank<r>/" + Word(role with { Rank = 0 }) : (role with { Scope = Scope(role.Kind) }).Name;

    private static string Scope(RoleKind kind) => kind switch
    {
        RoleKind.TaskLoss or RoleKind.TaskAccuracy => "<task>",
        RoleKind.ClassAccuracy => "<class>",
        RoleKind.PartLoss => "<part>",
        RoleKind.Metric => "<metric>",
        RoleKind.LearningRate or RoleKind.GpuMemory or RoleKind.GpuUtilization or RoleKind.HostMemory => "",
        _ => "<layer>",
    };

    private static BlindCondition? Judge(Condition condition, HashSet<string> words)
    {
        var missing = condition.Needs.Where(need => !need.Words.Any(words.Contains)).Select(need => need.Words[0]).ToList();
        return missing.Count == 0 ? null : new BlindCondition(condition.Id, condition.InShort, missing, LogLines.For(missing));
    }

    private static IEnumerable<string> Configured(ConfigHints hints)
    {
        if (hints.Classes is not null) yield return "num_classes";
        if (hints.TotalSteps is not null || hints.Epochs is not null) yield return "total_steps";
        if (hints.StepsPerEpoch is not null) yield return "steps_per_epoch";
        if (hints.LearningRate is not null) yield return "lr";
        if (hints.ClipThreshold is not null) yield return "max_grad_norm";
        if (hints.Optimizer.Length > 0) yield return "optimizer";
        if (hints.Precision.Length > 0) yield return "precision";
        if (hints.Schedule.Length > 0) yield return "schedule";
    }
}

/// <summary>A series that has a role.</summary>
/// <param name="Series" example="loss">Name as logged.</param>
/// <param name="Role" example="train/loss">The canonical name of what it is to the analyzer.</param>
public sealed record RecognisedSeries(string Series, string Role);

/// <summary>A condition that a run cannot show.</summary>
/// <param name="Condition" example="overfitting">Its id.</param>
/// <param name="Title" example="validation rises while training falls">What it is, in a few words.</param>
/// <param name="Needs">What is missing: canonical names of series, <c>config:</c> keys, <c>probe:</c> names, <c>event:</c> kinds.</param>
/// <param name="Log">The lines that would log it.</param>
public sealed record BlindCondition(string Condition, string Title, IReadOnlyList<string> Needs, LogLine Log);

/// <summary>A line of a training script, for each client; several are joined by line breaks.</summary>
/// <param name="Python" example="run.log({&quot;val/loss&quot;: validate(model)}, step=step)">For the Python client.</param>
/// <param name="Dotnet" example="run.Log(step, (&quot;val/loss&quot;, Validate(model)));">For the .NET client.</param>
public sealed record LogLine(string Python, string Dotnet);
