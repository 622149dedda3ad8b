using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// Ranks root causes: each gets the sum of its rows in <see cref="CauseTable"/>, the shares are their softmax together with
/// <c>unknown</c> at 0. Only causes that explain at least one of the signals stand for choice.
/// </summary>
internal static class CauseRanking
{
    private const double Strong = 0.7;
    private const double Likely = 0.4;
    private const double Shown = 0.1;

    /// <summary>At most three causes, best first; empty when nothing beats <c>unknown</c>.</summary>
    public static List<RankedCause> Rank(RunContext run, IReadOnlyList<Signal> members)
    {
        var scored = Score(run, members);
        var sum = 1.0;
        foreach (var s in scored) sum += Math.Exp(s.Score);
        var ranked = new List<RankedCause>();
        // A stall of validation is a question with five answers: all are shown, with what speaks against them.
        var all = members.All(m => m.Severity == Severity.Info) && members.Any(m => m.Id == ValStall.Id);
        foreach (var (cause, score, speaksFor, against) in scored.OrderByDescending(s => s.Score))
        {
            var share = Math.Exp(score) / sum;
            if (all ? !CauseTable.Explains(cause, ValStall.Id) : ranked.Count == 3 || score < 0 || share < Shown)
            {
                if (all) continue;
                break;
            }
            ranked.Add(new RankedCause(cause, share >= Strong ? "strong" : share >= Likely ? "likely" : share >= Shown ? "possible" : "unlikely", CauseTable.Titles[cause], speaksFor, against));
        }
        return ranked;
    }

    private static List<(string Cause, int Score, List<string> For, List<string> Against)> Score(RunContext run, IReadOnlyList<Signal> members)
    {
        var findings = new Dictionary<string, Finding>(StringComparer.Ordinal);
        var result = new List<(string Cause, int Score, List<string> For, List<string> Against)>();
        foreach (var cause in CauseTable.Titles.Keys)
        {
            if (!members.Any(m => CauseTable.Explains(cause, m.Id))) continue;
            var score = 0;
            List<string> speaksFor = [], against = [];
            foreach (var row in CauseTable.Rows)
            {
                if (row.Cause != cause) continue;
                var finding = Find(row.Sign, run, members, findings);
                if (finding.Holds is not { } holds) continue;
                var weight = holds ? row.Yes : row.No;
                score += weight;
                var said = weight > 0 ? speaksFor : against;
                if (weight != 0 && !said.Contains(finding.Sentence)) said.Add(finding.Sentence);
            }
            result.Add((cause, score, speaksFor, against));
        }
        return result;
    }

    private static Finding Find(string sign, RunContext run, IReadOnlyList<Signal> members, Dictionary<string, Finding> findings)
    {
        if (findings.TryGetValue(sign, out var known)) return known;
        var finding = Facts.All.TryGetValue(sign, out var fact)
            ? fact(run, members)
            : members.FirstOrDefault(m => m.Id == sign) is { } member ? new Finding(true, member.Title) : Finding.Blind;
        findings[sign] = finding;
        return finding;
    }
}
