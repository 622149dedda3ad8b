using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// Ranks root causes: each gets the sum of its rows in <see cref="CauseTable"/> and of what followed from it (<see cref="Consequences"/>),
/// the shares are their softmax together with <c>unknown</c> at 0. Only causes that explain at least one of the signals stand for choice.
/// </summary>
/// <remarks>
/// Order decides between a cause and what it brings about: the earliest signal that decides for a cause is the root, and a later signal
/// that the root explains says no more for another cause than it does for the root.
/// </remarks>
internal static class CauseRanking
{
    private const int Shown = 3;
    private const double Strong = 0.7;
    private const double Likely = 0.4;
    private const double Possible = 0.1;

    /// <summary>A weight from which a signal decides for a cause.</summary>
    public const int Decides = 2;

    /// <summary>What coming first is worth, at most: one for each other condition at warn or above that the root explains.</summary>
    private const int RootBonus = 3;

    private sealed record Scored(string Cause, int Score, bool IsRoot, List<string> For, List<string> Against);

    /// <summary>At most three causes, best first; empty when nothing speaks for any.</summary>
    public static List<RankedCause> Rank(RunContext run, IReadOnlyList<Signal> members)
    {
        var scored = Score(run, members);
        var sum = 1.0;
        foreach (var s in scored) sum += Math.Exp(s.Score);
        scored = [.. scored.OrderByDescending(s => s.Score).ThenByDescending(s => s.IsRoot)];
        // A stall of validation is a question with five answers: all are shown, with what speaks against them.
        var all = IsQuestion(members) && scored is [var top, ..] && StallFacts.Hypotheses.Contains(top.Cause);
        var ranked = new List<RankedCause>();
        foreach (var (cause, score, _, speaksFor, against) in scored)
        {
            if (all ? !StallFacts.Hypotheses.Contains(cause) : ranked.Count == Shown || score < 0) continue;
            var share = Math.Exp(score) / sum;
            if (!all && score == 0 && share < Possible) continue;
            ranked.Add(new RankedCause(cause, share >= Strong ? "strong" : share >= Likely ? "likely" : share >= Possible ? "possible" : "unlikely", RootCauses.Titles[cause], speaksFor, against));
        }
        return ranked;
    }

    /// <summary>Nothing but notes, and one of them says that validation does not move.</summary>
    public static bool IsQuestion(IReadOnlyList<Signal> members) => members.All(m => m.Severity == Severity.Info) && members.Any(m => m.Id == ValStall.Id);

    private static List<Scored> Score(RunContext run, IReadOnlyList<Signal> members)
    {
        List<Signal> evidence = [.. members.Where(m => !Inhibition.IsSilenced(m, members))];
        var slack = Consequences.Slack(run);
        var findings = new Dictionary<string, Finding>(StringComparer.Ordinal);
        var (root, first) = Root(evidence, slack, cause => Direct(cause, sign => Find(sign, run, members, evidence, findings)));
        var result = new List<Scored>();
        foreach (var (cause, rows) in CauseTable.ByCause)
        {
            if (!evidence.Exists(m => CauseTable.Explains(cause, m.Id))) continue;
            var score = 0;
            List<string> speaksFor = [], against = [];
            foreach (var row in rows)
            {
                var finding = Find(row.Sign, run, members, evidence, findings);
                if (finding.Holds is not { } holds) continue;
                Count(row.Sign, holds ? row.Yes : row.No, finding.Sentence);
            }
            foreach (var member in Consequences.Of(cause, evidence, slack)) Count(member.Id, 1, member.Title);
            if (root == cause)
            {
                var followed = evidence.Where(m => m.Id != first!.Id && m.Severity >= Severity.Warn && m.OnsetStep >= first.OnsetStep && Accounts(cause, m, evidence, slack) > 0).Select(m => m.Id).Distinct().Count();
                score += Math.Min(RootBonus, followed);
                if (followed > 0) speaksFor.Add($"it came first: since step {first!.OnsetStep}");
            }
            result.Add(new Scored(cause, score, root == cause, speaksFor, against));

            void Count(string sign, int weight, string sentence)
            {
                if (weight == 0) return;
                if (weight > 1 && root is not null && root != cause && sign != first!.Id && evidence.Find(m => m.Id == sign) is { } later && later.OnsetStep >= first.OnsetStep
                    && Accounts(root, later, evidence, slack) is > 0 and var explained)
                {
                    weight = Math.Min(weight, explained);
                }
                score += weight;
                var said = weight > 0 ? speaksFor : against;
                if (!said.Contains(sentence)) said.Add(sentence);
            }
        }
        return result;
    }

    /// <summary>How well a cause accounts for a signal: by its row, or as what follows from it.</summary>
    public static int Accounts(string cause, Signal signal, List<Signal> evidence, long slack) =>
        Math.Max(CauseTable.Weight(cause, signal.Id), Consequences.Of(cause, evidence, slack).Any(m => m.Id == signal.Id) ? 1 : 0);

    /// <summary>
    /// The earliest signal that decides for one cause, alarms before notes, and of two at about the same time the one that explains the other, where the other rows of that cause do not speak against it;
    /// no root where two causes have an equal claim to the signal.
    /// </summary>
    private static (string? Cause, Signal? First) Root(List<Signal> evidence, long slack, Func<string, int> score)
    {
        Signal? first = null;
        foreach (var signal in evidence)
        {
            var strongest = CauseTable.Strongest(signal.Id);
            if (strongest.Weight < Decides || (first is not null && !Precedes(signal, first, evidence, slack)) || score(strongest.Cause) < Decides) continue;
            first = signal;
        }
        return first is not null && CauseTable.Strongest(first.Id) is { IsOnly: true } sole ? (sole.Cause, first) : (null, null);
    }

    private static int Direct(string cause, Func<string, Finding> find)
    {
        var score = 0;
        foreach (var row in CauseTable.RowsOf(cause))
        {
            if (find(row.Sign).Holds is { } holds) score += holds ? row.Yes : row.No;
        }
        return score;
    }

    private static bool Precedes(Signal a, Signal b, List<Signal> evidence, long slack)
    {
        if (a.Severity >= Severity.Warn != b.Severity >= Severity.Warn) return a.Severity >= Severity.Warn;
        if (Math.Abs(a.OnsetStep - b.OnsetStep) <= slack)
        {
            var forward = Accounts(CauseTable.Strongest(a.Id).Cause, b, evidence, slack) > 0;
            if (forward != Accounts(CauseTable.Strongest(b.Id).Cause, a, evidence, slack) > 0) return forward;
        }
        return a.OnsetStep != b.OnsetStep ? a.OnsetStep < b.OnsetStep : a.Step < b.Step;
    }

    private static Finding Find(string sign, RunContext run, IReadOnlyList<Signal> members, List<Signal> evidence, Dictionary<string, Finding> findings)
    {
        if (findings.TryGetValue(sign, out var known)) return known;
        var finding = Facts.All.TryGetValue(sign, out var fact)
            ? fact(run, members)
            : evidence.Find(m => m.Id == sign) is { } member ? new Finding(true, member.Title) : Finding.Blind;
        findings[sign] = finding;
        return finding;
    }
}
