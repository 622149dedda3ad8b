using System.Text.Json;

namespace Tracker.Api.Runs.Query;

/// <summary>
/// The columns that a list of runs is asked for. Null for <see cref="Metrics"/> or <see cref="Config"/> means all of them, an empty list none.
/// </summary>
public sealed record RunColumns(IReadOnlySet<string> Attributes, IReadOnlyList<MetricField>? Metrics, IReadOnlyList<ConfigField>? Config)
{
    private static readonly Dictionary<string, Func<RunDto, DateTimeOffset, object?>> Known = new(StringComparer.Ordinal)
    {
        ["id"] = (run, _) => run.Id,
        ["project"] = (run, _) => run.Project,
        ["name"] = (run, _) => run.Name,
        ["state"] = (run, _) => run.State,
        ["tags"] = (run, _) => run.Tags,
        ["group"] = (run, _) => run.Group,
        ["jobType"] = (run, _) => run.JobType,
        ["notes"] = (run, _) => run.Notes,
        ["reference"] = (run, _) => run.Reference,
        ["exitCode"] = (run, _) => run.ExitCode,
        ["createdAt"] = (run, _) => run.CreatedAt,
        ["finishedAt"] = (run, _) => run.FinishedAt,
        ["deletedAt"] = (run, _) => run.DeletedAt,
        ["purgeAt"] = (run, _) => run.PurgeAt,
        ["thinnedAt"] = (run, _) => run.ThinnedAt,
        ["duration"] = (run, now) => ((run.FinishedAt ?? now) - run.CreatedAt).TotalSeconds,
        ["lastStep"] = (run, _) => run.LastStep,
        ["sequence"] = (run, _) => run.Sequence,
        ["projectSequence"] = (run, _) => run.ProjectSequence,
        ["url"] = (run, _) => run.Url,
        ["stop"] = (run, _) => run.Stop,
        ["diagnoses"] = (run, _) => run.Diagnoses,
        ["moreDiagnoses"] = (run, _) => run.MoreDiagnoses,
        ["health"] = (run, _) => run.Health,
    };

    /// <summary>Reads <c>fields</c>: names of fields with commas between them; <c>metrics</c>, <c>config</c> and <c>diagnoses</c> alone mean all of these.</summary>
    public static (RunColumns? Columns, SyntaxProblem? Problem) Parse(ReadOnlySpan<char> text)
    {
        var scanner = new QueryScanner("fields", text);
        var attributes = new HashSet<string>(StringComparer.Ordinal) { "id" };
        List<MetricField>? metrics = [];
        List<ConfigField>? config = [];
        do
        {
            var word = scanner.Token.Kind == TokenKind.Bare ? scanner.Text.ToString() : "";
            if (word == "metrics") metrics = null;
            else if (word == "config") config = null;
            else if (Known.ContainsKey(word)) attributes.Add(word);
            else if (FieldParser.Parse(ref scanner) is { } field)
            {
                if (field is MetricField metric) metrics?.Add(metric);
                else if (field is ConfigField key) config?.Add(key);
                else attributes.Add("diagnoses");
                continue;
            }

            scanner.Next();
        }
        while (scanner.Skip(TokenKind.Comma));
        if (scanner.Token.Kind != TokenKind.End) scanner.Fail("a comma or the end");
        return scanner.Problem is { } problem ? (null, problem) : (new RunColumns(attributes, metrics, config), null);
    }

    public bool Has(string attribute) => Attributes.Contains(attribute);

    /// <summary>The run with these columns only, as JSON shows it.</summary>
    public Dictionary<string, object?> Pick(RunDto run, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(run);
        var picked = Known.Where(column => Attributes.Contains(column.Key)).ToDictionary(column => column.Key, column => column.Value(run, now), StringComparer.Ordinal);
        if (Config is null) picked["config"] = run.Config;
        else if (Config.Count > 0) picked["config"] = PickConfig(run.Config, Config);
        if (Metrics is null) picked["metrics"] = run.Metrics;
        else if (Metrics.Count > 0) picked["metrics"] = PickMetrics(run, Metrics);
        return picked;
    }

    private static Dictionary<string, JsonElement> PickConfig(JsonElement config, IReadOnlyList<ConfigField> fields)
    {
        var picked = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (ConfigPath.Find(config, field.Path) is { } value) picked[string.Join('.', field.Path)] = value;
        }

        return picked;
    }

    private static Dictionary<string, object> PickMetrics(RunDto run, IReadOnlyList<MetricField> fields)
    {
        var picked = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var series in fields.GroupBy(field => field.Series, StringComparer.Ordinal))
        {
            if (!run.Metrics.TryGetValue(series.Key, out var metric)) continue;
            picked[series.Key] = series.Any(field => field.Form is null)
                ? metric
                : series.Select(field => field.Form!.Name).Distinct(StringComparer.Ordinal).ToDictionary(form => form, form => Value(metric, form), StringComparer.Ordinal);
        }

        return picked;
    }

    private static double? Value(MetricDto metric, string form) => form switch
    {
        "last" => metric.Last,
        "min" => metric.Min,
        "max" => metric.Max,
        "mean" => metric.Mean,
        "count" => metric.Count,
        "nonFinite" => metric.NonFinite,
        _ => metric.LastStep,
    };
}
