using System.Globalization;
using Tracker.Core.Diagnosis;

namespace Tracker.Core.Alerts;

/// <summary>What every channel that people read says, put together once; a channel only sets it in its own form.</summary>
public sealed record AlertWords
{
    /// <summary>Most runs that a digest names; the rest is counted.</summary>
    public const int DigestLines = 20;

    private AlertWords(Alert alert)
    {
        var message = alert.Data;
        IsOver = AlertTypes.IsResolution(alert.Type);
        Mark = IsHushed(alert) ? "🔇" : MarkOf(message.Severity, IsOver || alert.Type == AlertTypes.RunFinished);
        Headline = alert.Type switch
        {
            AlertTypes.DiagnosisResolved or AlertTypes.RuleResolved => $"Resolved: {message.Title}",
            AlertTypes.DiagnosisUpdated => $"Changed: {message.Title}",
            AlertTypes.DiagnosisJudged when message.Verdict is { } verdict => $"{Said(verdict)}: {message.Title}",
            _ => message.Title,
        };
        Symptom = message.Symptom;
        Facts = [.. FactsOf(alert)];
        Sections = [.. SectionsOf(message)];
        Footer = $"Tracker · run {message.Run} · alert {alert.Id}";
    }

    /// <summary>Whether the message takes back an earlier one.</summary>
    public bool IsOver { get; }

    /// <summary>A coloured sign; the word for it is among the facts.</summary>
    public string Mark { get; }

    public string Headline { get; }

    public string Symptom { get; }

    /// <summary>Run, project, since when, severity.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; }

    /// <summary>Top cause, what to do, how to see that it helped; or why it is over.</summary>
    public IReadOnlyList<(string Heading, IReadOnlyList<string> Lines)> Sections { get; }

    /// <summary>The ids, so that a person who sees a message twice can tell that it is the same one.</summary>
    public string Footer { get; }

    public static AlertWords Of(Alert alert) => new(alert);

    /// <summary>The word for a severity.</summary>
    public static string Word(Severity severity) => severity switch
    {
        Severity.Crit or Severity.High => "critical",
        Severity.Warn => "warning",
        _ => "info",
    };

    /// <summary>The colour of a severity, 0xRRGGBB.</summary>
    public static int Colour(Severity severity, bool isOver) => (severity, isOver) switch
    {
        (_, true) => 0x1A8754,
        (Severity.Crit or Severity.High, _) => 0xC62828,
        (Severity.Warn, _) => 0xB26A00,
        _ => 0x2F6FDE,
    };

    /// <summary>What was said of a diagnosis, as the beginning of a sentence.</summary>
    public static string Said(string verdict) => verdict switch
    {
        "muted" => "Muted",
        "wrong" => "Called wrong",
        "confirmed" => "Confirmed",
        _ => "Acknowledged",
    };

    private static bool IsHushed(Alert alert) => alert.Type == AlertTypes.DiagnosisJudged && alert.Data.Verdict is "muted" or "wrong";

    private static string MarkOf(Severity severity, bool isOver) => (severity, isOver) switch
    {
        (_, true) => "✅",
        (Severity.Crit or Severity.High, _) => "🔴",
        (Severity.Warn, _) => "🟠",
        _ => "🔵",
    };

    private static IEnumerable<(string, string)> FactsOf(Alert alert)
    {
        var message = alert.Data;
        if (alert.Type != AlertTypes.Digest) yield return ("Run", message.RunName);
        yield return ("Project", message.Project);
        if (alert.Type is AlertTypes.DiagnosisRaised or AlertTypes.DiagnosisUpdated or AlertTypes.DiagnosisJudged or AlertTypes.DiagnosisResolved or AlertTypes.RuleRaised or AlertTypes.RuleResolved)
            yield return ("Since", string.Create(CultureInfo.InvariantCulture, $"step {message.OnsetStep:N0} (seen at {message.Step:N0})"));
        else if (message.Step > 0) yield return ("At", string.Create(CultureInfo.InvariantCulture, $"step {message.Step:N0}"));
        yield return ("Severity", Word(message.Severity));
        if (message is { Verdict: { } verdict, By: { } by }) yield return ($"{Said(verdict)} by", by);
        if (message.Rule is { } rule) yield return ("Rule", $"{rule.Name}: {rule.Expression}");
        if (message.ExitCode is { } code) yield return ("Exit code", code.ToString(CultureInfo.InvariantCulture));
    }

    private static IEnumerable<(string, IReadOnlyList<string>)> SectionsOf(AlertMessage message)
    {
        if (message.Digest is { } digest)
        {
            var lines = digest.Take(DigestLines).Select(line => string.Create(CultureInfo.InvariantCulture, $"• {line.RunName}: since step {line.OnsetStep:N0}")).ToList();
            if (digest.Count > DigestLines) lines.Add($"… and {digest.Count - DigestLines} more");
            yield return ("Runs", lines);
        }

        if (message.Resolution is { Length: > 0 } resolution)
        {
            yield return ("Resolved", [resolution]);
            yield break;
        }

        if (message.Cause is { } cause) yield return ($"Top cause ({cause.Strength})", [cause.Title, .. cause.For.Select(reason => "• " + reason)]);
        if (message.Prescriptions.Count > 0) yield return ("What to do", [.. message.Prescriptions.Select((line, index) => $"{index + 1}. {line}")]);
        if (message.Check.Length > 0) yield return ("How to see that it helped", [message.Check]);
    }
}
