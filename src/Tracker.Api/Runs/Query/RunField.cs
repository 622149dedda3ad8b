namespace Tracker.Api.Runs.Query;

/// <summary>What the values of a field are: it decides which operators fit and how they are ordered.</summary>
public enum FieldType
{
    Number,
    Text,
    Time,

    /// <summary>One of the five states of a run.</summary>
    State,

    /// <summary>One of <c>info warn high crit</c>, in that order.</summary>
    Severity,

    /// <summary>A set of words: tags, conditions, causes.</summary>
    Words,

    /// <summary>Any JSON value.</summary>
    Config,
}

/// <summary>A summary of a scalar series that can be asked for, and its expression over a row of <c>summaries</c>.</summary>
public sealed record MetricForm(string Name, string Sql)
{
    public static readonly MetricForm Last = new("last", "{0}.last");

    public static readonly IReadOnlyList<MetricForm> All =
    [
        Last, new("min", "{0}.min"), new("max", "{0}.max"), new("mean", "({0}.sum / nullif({0}.count - {0}.non_finite, 0))"),
        new("count", "{0}.count::float8"), new("nonFinite", "{0}.non_finite::float8"), new("lastStep", "{0}.last_step::float8"),
    ];

    public static MetricForm? Find(string name) => All.FirstOrDefault(form => form.Name == name);
}

/// <summary>Something of a run that a filter, an order or a list of columns names.</summary>
public abstract record RunField(FieldType Type);

/// <summary><c>metrics.&lt;series&gt;</c> and its forms; <see cref="Form"/> is null where none was written, which means the last value.</summary>
public sealed record MetricField(string Series, MetricForm? Form) : RunField(FieldType.Number);

/// <summary><c>config.&lt;path&gt;</c>. A key of the config may hold dots itself: every way to cut the path is looked at, nested objects first.</summary>
public sealed record ConfigField(IReadOnlyList<string> Path) : RunField(FieldType.Config);

/// <summary>What every run has. <see cref="Sql"/> is fixed text over the tables of <see cref="RunSql"/>; for words it selects the keys of the runs that have the word {0}.</summary>
public sealed record AttributeField(string Name, FieldType Type, string Sql, RunTables Needs = RunTables.None) : RunField(Type)
{
    /// <summary>Open diagnoses, as d; a verdict "wrong" takes one out, and so does a mute.</summary>
    public const string OpenDiagnoses = "diagnoses d left join verdicts v on v.diagnosis_id = d.id where d.state = 'open' and v.verdict is distinct from 'wrong' and not tracker_muted(d)";

    public static readonly IReadOnlyDictionary<string, AttributeField> All = new AttributeField[]
    {
        new("id", FieldType.Text, "r.id"),
        new("project", FieldType.Text, "p.name"),
        new("name", FieldType.Text, "r.name"),
        new("state", FieldType.State, "r.state"),
        new("group", FieldType.Text, "r.\"group\""),
        new("jobType", FieldType.Text, "r.job_type"),
        new("notes", FieldType.Text, "r.notes"),
        new("reference", FieldType.Text, "r.reference"),
        new("createdAt", FieldType.Time, "r.created_at"),
        new("finishedAt", FieldType.Time, "r.finished_at"),
        new("duration", FieldType.Number, "extract(epoch from coalesce(r.finished_at, {now}) - r.created_at)::float8"),
        new("exitCode", FieldType.Number, "r.exit_code::float8"),
        new("lastStep", FieldType.Number, "steps.last_step::float8", RunTables.Steps),
        new("tags", FieldType.Words, "r.tags"),
        new("diagnoses.severity", FieldType.Severity, "found.severity", RunTables.Diagnoses),
        new("diagnoses.count", FieldType.Number, "coalesce(found.diagnoses, 0)::float8", RunTables.Diagnoses),
        new("diagnoses.condition", FieldType.Words, $"select d.run_key from {OpenDiagnoses} and exists (select 1 from signals s where s.diagnosis_id = d.id and s.run_key = d.run_key and s.signal_id = {{0}})"),
        new("diagnoses.cause", FieldType.Words, $"select d.run_key from {OpenDiagnoses} and d.cause = {{0}}"),
    }.ToDictionary(field => field.Name, StringComparer.Ordinal);
}

/// <summary>Tables that a query joins only when a field of them is named.</summary>
[Flags]
public enum RunTables
{
    None = 0,
    Steps = 1,
    Diagnoses = 2,
}
