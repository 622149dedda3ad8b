using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Runs.Query;

/// <summary>
/// Filter and order as SQL over the runs. Whatever a caller wrote becomes a parameter; the text is made of fixed parts only.
/// A metric is one join of <c>summaries</c>, however often it is named; without a project it is found by name in every project.
/// </summary>
internal sealed class RunSql(long? projectKey, DateTimeOffset now)
{
    private readonly List<NpgsqlParameter> parameters = [];
    private readonly Dictionary<string, string> metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> configs = new(StringComparer.Ordinal);
    private RunTables tables;
    private string? project;

    public IReadOnlyList<NpgsqlParameter> Parameters => parameters;

    private string? Project => project ??= projectKey is { } key ? Add(key, NpgsqlDbType.Bigint) : null;

    /// <summary>The tables, joined as far as the conditions and expressions made so far need them; then the condition on the project.</summary>
    public string From()
    {
        var joins = metrics.Select(metric =>
            $"left join summaries {metric.Value} on {metric.Value}.run_key = r.run_key and {metric.Value}.project_key = {Project ?? "r.project_key"}"
            + $" and {metric.Value}.name = {Add(metric.Key, NpgsqlDbType.Text)} and {metric.Value}.kind = 1").ToList();
        if (tables.HasFlag(RunTables.Steps))
        {
            joins.Add("left join run_steps steps on steps.run_key = r.run_key");
        }

        if (tables.HasFlag(RunTables.Diagnoses))
        {
            joins.Add($"left join (select d.run_key, max(d.severity) as severity, count(*) as diagnoses from {AttributeField.OpenDiagnoses} group by d.run_key) found on found.run_key = r.run_key");
        }

        return $"from runs r join projects p on p.project_key = r.project_key {string.Join(' ', joins)} where {(Project is null ? "true" : $"r.project_key = {Project}")}";
    }

    public string Where(Filter filter) => filter switch
    {
        AllOf all => "(" + string.Join(" and ", all.Parts.Select(Where)) + ")",
        AnyOf any => "(" + string.Join(" or ", any.Parts.Select(Where)) + ")",
        // A comparison with a missing value is not true, so its opposite is.
        Negated negated => $"(({Where(negated.Part)}) is not true)",
        Comparison comparison => "(" + Compare(comparison) + ")",
        _ => throw new InvalidOperationException($"{filter.GetType().Name} is no part of a filter."),
    };

    /// <summary>The columns that a field is ordered by: their expressions and types. NaN counts as missing; a config's numbers come before its texts.</summary>
    public IReadOnlyList<(string Sql, string Type)> Keys(RunField field)
    {
        var value = Value(field);
        return field.Type switch
        {
            FieldType.Number => [($"nullif({value}, 'NaN'::float8)", "float8")],
            FieldType.Severity => [(value, "int2")],
            FieldType.Time => [(value, "timestamptz")],
            FieldType.Config => [(NumberIn(value), "numeric"), ($"case when jsonb_typeof({value}) <> 'number' then {value} #>> '{{}}' end", "text")],
            _ => [(value, "text")],
        };
    }

    /// <summary>Puts a value into the statement as a parameter and gives its name there.</summary>
    public string Add(object value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
        return "$" + parameters.Count.ToString(CultureInfo.InvariantCulture);
    }

    private string Value(RunField field)
    {
        switch (field)
        {
            case MetricField metric:
                if (!metrics.TryGetValue(metric.Series, out var alias)) metrics[metric.Series] = alias = "m" + metrics.Count.ToString(CultureInfo.InvariantCulture);
                return string.Format(CultureInfo.InvariantCulture, (metric.Form ?? MetricForm.Last).Sql, alias);
            case ConfigField config:
                var path = string.Join('\0', config.Path);
                if (configs.TryGetValue(path, out var known)) return known;
                var ways = ConfigPath.Ways(config.Path).Select(way => $"nullif(r.config #> {Add(way, NpgsqlDbType.Array | NpgsqlDbType.Text)}, 'null'::jsonb)");
                return configs[path] = $"coalesce({string.Join(", ", ways)})";
            case AttributeField attribute:
                tables |= attribute.Needs;
                return attribute.Sql.Contains("{now}", StringComparison.Ordinal)
                    ? attribute.Sql.Replace("{now}", Add(now.ToUniversalTime(), NpgsqlDbType.TimestampTz), StringComparison.Ordinal)
                    : attribute.Sql;
            default:
                throw new InvalidOperationException($"{field.GetType().Name} is no field of a run.");
        }
    }

    private string Compare(Comparison comparison)
    {
        if (comparison.Field is AttributeField { Type: FieldType.Words } words) return Has(words, comparison);
        var value = Value(comparison.Field);
        if (comparison.Operator == FilterOperator.IsNull) return value + " is null";
        return comparison.Field.Type switch
        {
            FieldType.Config => CompareConfig(value, comparison),
            FieldType.Number => CompareNumber(value, comparison),
            FieldType.Time => CompareAs(value, comparison, NpgsqlDbType.TimestampTz),
            FieldType.Severity => CompareAs(value, comparison, NpgsqlDbType.Smallint),
            _ => CompareAs(value, comparison, NpgsqlDbType.Text),
        };
    }

    /// <summary>PostgreSQL holds NaN for greater than every number; nobody who looks for large values means it.</summary>
    private string CompareNumber(string value, Comparison comparison)
    {
        var compared = CompareAs(value, comparison, NpgsqlDbType.Double);
        return comparison.Operator is FilterOperator.Greater or FilterOperator.GreaterOrEqual ? $"{compared} and {value} <> 'NaN'::float8" : compared;
    }

    private string CompareAs(string value, Comparison comparison, NpgsqlDbType type) => comparison.Operator == FilterOperator.In
        ? $"{value} = any ({AddAll(comparison.Values, type)})"
        : $"{value} {Sign(comparison.Operator)} {Add(comparison.Values[0].Value, type)}";

    private string CompareConfig(string value, Comparison comparison)
    {
        var literal = comparison.Values[0];
        return comparison.Operator switch
        {
            FilterOperator.Equal or FilterOperator.NotEqual => $"{value} {Sign(comparison.Operator)} {Add(literal.Json!, NpgsqlDbType.Jsonb)}",
            FilterOperator.In => $"{value} = any ({Add(comparison.Values.Select(one => one.Json!).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Jsonb)})",
            FilterOperator.Has => $"jsonb_typeof({value}) = 'array' and {value} @> {Add(literal.Json!, NpgsqlDbType.Jsonb)}",
            FilterOperator.Like or FilterOperator.ILike => $"{TextIn(value)} {Sign(comparison.Operator)} {Add(literal.Value, NpgsqlDbType.Text)}",
            _ when literal.Value is double => $"{NumberIn(value)} {Sign(comparison.Operator)} {Add(literal.Json!, NpgsqlDbType.Text)}::numeric",
            _ when literal.Value is string text => $"{TextIn(value)} {Sign(comparison.Operator)} {Add(text, NpgsqlDbType.Text)}",
            _ => $"{value} {Sign(comparison.Operator)} {Add(literal.Json!, NpgsqlDbType.Jsonb)}",
        };
    }

    private string Has(AttributeField words, Comparison comparison) => (words.Name, comparison.Operator) switch
    {
        ("tags", FilterOperator.IsNull) => "r.tags = '{}'",
        ("tags", _) => $"r.tags @> array[{Add(comparison.Values[0].Value, NpgsqlDbType.Text)}]",
        (_, FilterOperator.IsNull) => $"r.run_key not in (select d.run_key from {AttributeField.OpenDiagnoses})",
        _ => $"r.run_key in ({string.Format(CultureInfo.InvariantCulture, words.Sql, Add(comparison.Values[0].Value, NpgsqlDbType.Text))})",
    };

    private string AddAll(IReadOnlyList<Literal> values, NpgsqlDbType type)
    {
        Array all = type switch
        {
            NpgsqlDbType.Double => values.Select(literal => (double)literal.Value).ToArray(),
            NpgsqlDbType.Smallint => values.Select(literal => (short)literal.Value).ToArray(),
            NpgsqlDbType.TimestampTz => values.Select(literal => (DateTimeOffset)literal.Value).ToArray(),
            _ => values.Select(literal => (string)literal.Value).ToArray(),
        };
        return Add(all, NpgsqlDbType.Array | type);
    }

    private static string NumberIn(string value) => $"case when jsonb_typeof({value}) = 'number' then ({value})::numeric end";

    private static string TextIn(string value) => $"case when jsonb_typeof({value}) = 'string' then {value} #>> '{{}}' end";

    private static string Sign(FilterOperator found) => found switch
    {
        FilterOperator.Equal => "=",
        FilterOperator.NotEqual => "<>",
        FilterOperator.Less => "<",
        FilterOperator.LessOrEqual => "<=",
        FilterOperator.Greater => ">",
        FilterOperator.GreaterOrEqual => ">=",
        FilterOperator.Like => "like",
        FilterOperator.ILike => "ilike",
        _ => throw new InvalidOperationException($"{found} is no comparison."),
    };
}
