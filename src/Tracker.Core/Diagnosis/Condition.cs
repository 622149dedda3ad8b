namespace Tracker.Core.Diagnosis;

/// <summary>A condition of the catalogue: what it is, how bad it can be, what has to be logged for it to be seen.</summary>
/// <param name="Id">As signals carry it; its page is <c>docs/diagnoses/&lt;id&gt;.md</c>.</param>
/// <param name="Section">The part of the catalogue that it stands in.</param>
/// <param name="InShort">In a few words.</param>
/// <param name="Severities">Those that it can have, least first.</param>
/// <param name="Needs">What has to be logged, all of it.</param>
public sealed record Condition(string Id, string Section, string InShort, IReadOnlyList<Severity> Severities, IReadOnlyList<Need> Needs);

/// <summary>One thing that a condition cannot do without: any of these words.</summary>
/// <param name="Words">
/// The canonical name of a series (<c>grad_norm/&lt;layer&gt;</c>), <c>config:</c> with a key, <c>probe:</c> with a name, or <c>event:</c> with a kind. The usual one stands first.
/// </param>
public sealed record Need(IReadOnlyList<string> Words)
{
    internal static Need Parse(string words) => new(words.Split('|'));

    /// <summary>As the docs print it.</summary>
    public override string ToString() => string.Join(" or ", Words);
}
