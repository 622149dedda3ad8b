namespace Tracker.Api.Runs.Query;

/// <summary>A filter as it was read.</summary>
public abstract record Filter;

public sealed record AllOf(IReadOnlyList<Filter> Parts) : Filter;

public sealed record AnyOf(IReadOnlyList<Filter> Parts) : Filter;

public sealed record Negated(Filter Part) : Filter;

/// <summary>One comparison. <see cref="Values"/> has one literal, several for <see cref="FilterOperator.In"/>, none for <see cref="FilterOperator.IsNull"/>.</summary>
public sealed record Comparison(RunField Field, FilterOperator Operator, IReadOnlyList<Literal> Values) : Filter;

public enum FilterOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    ILike,
    In,
    Has,
    IsNull,
}

/// <summary>A value in a filter, checked against the field that it is compared with.</summary>
/// <param name="Value">A <see cref="double"/>, <see cref="string"/>, <see cref="bool"/>, <see cref="DateTimeOffset"/> or, for a severity, a <see cref="short"/>.</param>
/// <param name="Json">The same as JSON, for comparisons with values of the config; null where JSON has no such value (NaN).</param>
public sealed record Literal(object Value, string? Json);
