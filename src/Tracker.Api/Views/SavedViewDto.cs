using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Views;

/// <summary>A view of a project's page, kept under a name for everybody.</summary>
/// <param name="Id" example="k3v9x0q2m7">Made by the server; a link to the page with <c>?view=</c> and this id opens the view.</param>
/// <param name="Name" example="learning rates">Name for people.</param>
/// <param name="Page" example="charts">The page: <c>runs charts compare</c>.</param>
/// <param name="State">What the URL of the page holds, such as <c>{"filter": "tags has \"baseline\"", "smooth": 0.6}</c>.</param>
/// <param name="CreatedAt" example="2026-11-22T10:00:00+00:00">When it was made.</param>
/// <param name="UpdatedAt" example="2026-11-22T10:30:00+00:00">When it was changed last.</param>
public sealed record SavedViewDto(string Id, string Name, string Page, JsonElement State, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A view to keep.</summary>
public sealed record SaveViewRequest
{
    /// <summary>1–128 characters.</summary>
    /// <example>learning rates</example>
    public string? Name { get; init; }

    /// <summary>The page: <c>runs charts compare</c>.</summary>
    /// <example>charts</example>
    public string? Page { get; init; }

    /// <summary>What the URL of the page holds: a JSON object of at most 64 KiB.</summary>
    public JsonElement? State { get; init; }

    private const int MaxName = 128;
    private const int MaxState = 64 * 1024;
    private static readonly string[] Pages = ["runs", "charts", "compare"];

    public ProblemHttpResult? Check()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > MaxName) return Problems.Invalid("name", "The name is empty or too long.", $"1–{MaxName} characters");
        if (!Pages.Contains(Page, StringComparer.Ordinal)) return Problems.Invalid("page", "page is unknown.", string.Join(' ', Pages));
        if (State is not { ValueKind: JsonValueKind.Object } state) return Problems.Invalid("state", "state is no JSON object.");
        return state.GetRawText().Length > MaxState ? Problems.Invalid("state", "The state is too large.", $"{MaxState} characters") : null;
    }
}
