using System.Globalization;

namespace Tracker.Core.Alerts.Rules;

/// <summary>A rule that cannot be read.</summary>
/// <param name="Position">At which of its characters, from 0.</param>
/// <param name="Expected">What could stand there.</param>
public sealed record RuleSyntax(int Position, string Expected);

/// <summary>
/// Reads rules: <c>series op number</c>, <c>change(series, n) op number</c>, <c>zscore</c>, <c>mean</c>, <c>min</c>, <c>max</c> likewise, <c>nan(series)</c>,
/// <c>absent(series, 10m)</c>; then, but for <c>absent</c>, <c>for n points</c> or <c>for n steps</c> and <c>after step n</c>. A number may end in <c>%</c>.
/// A series with blanks or brackets stands in double quotes.
/// </summary>
public sealed class RuleParser
{
    /// <summary>Longest rule, in characters.</summary>
    public const int MaxLength = 500;

    private readonly string text;
    private int at;

    private RuleParser(string text) => this.text = text;

    /// <summary>The rule, or where it cannot be read.</summary>
    public static (ThresholdRule? Rule, RuleSyntax? Problem) Parse(string text)
    {
        if (text.Length > MaxLength) return (null, new RuleSyntax(MaxLength, $"at most {MaxLength} characters"));
        try
        {
            return (new RuleParser(text).Rule(), null);
        }
        catch (SyntaxException problem)
        {
            return (null, new RuleSyntax(problem.Position, problem.Expected));
        }
    }

    private ThresholdRule Rule()
    {
        var (name, quoted) = Name();
        ThresholdRule rule;
        if (!quoted && Take('('))
        {
            var begin = at - 1 - name.Length;
            var (series, _) = Name();
            rule = name.ToLowerInvariant() switch
            {
                "absent" => new ThresholdRule { Series = series, Measure = RuleMeasure.Absent, Absence = Comma(Duration) },
                "nan" => new ThresholdRule { Series = series, Measure = RuleMeasure.NonFinite, Threshold = 0.5 },
                "change" => Windowed(RuleMeasure.Change),
                "zscore" => Windowed(RuleMeasure.ZScore),
                "mean" => Windowed(RuleMeasure.Mean),
                "min" => Windowed(RuleMeasure.Min),
                "max" => Windowed(RuleMeasure.Max),
                _ => throw new SyntaxException(Math.Max(0, begin), "a series, or one of absent, nan, change, zscore, mean, min, max"),
            };
            Expect(')');
            if (rule.Measure is not (RuleMeasure.Absent or RuleMeasure.NonFinite)) rule = Compared(rule);

            ThresholdRule Windowed(RuleMeasure measure) =>
                new() { Series = series, Measure = measure, Window = Comma(() => (int)Whole(measure == RuleMeasure.ZScore ? 2 : 1, ThresholdRule.MaxWindow)) };
        }
        else
        {
            rule = Compared(new ThresholdRule { Series = name, Measure = RuleMeasure.Value });
        }

        if (rule.Measure != RuleMeasure.Absent) rule = Limits(rule);
        Blanks();
        return at == text.Length ? rule : throw new SyntaxException(at, rule.Measure == RuleMeasure.Absent ? "the end" : "for, after or the end");
    }

    private ThresholdRule Compared(ThresholdRule rule)
    {
        Blanks();
        RuleComparison comparison;
        if (Take("<=")) comparison = RuleComparison.LessOrEqual;
        else if (Take(">=")) comparison = RuleComparison.GreaterOrEqual;
        else if (Take("==")) comparison = RuleComparison.Equal;
        else if (Take("!=")) comparison = RuleComparison.NotEqual;
        else if (Take('<')) comparison = RuleComparison.Less;
        else if (Take('>')) comparison = RuleComparison.Greater;
        else throw new SyntaxException(at, "<, <=, >, >=, == or !=");
        return rule with { Comparison = comparison, Threshold = Number() };
    }

    private ThresholdRule Limits(ThresholdRule rule)
    {
        if (Word("for"))
        {
            var count = Whole(1, 1_000_000_000);
            if (Word("points") || Word("point")) rule = rule with { ForPoints = (int)count };
            else if (Word("steps") || Word("step")) rule = rule with { ForSteps = count };
            else throw new SyntaxException(at, "points or steps");
        }

        if (!Word("after")) return rule;
        if (!Word("step")) throw new SyntaxException(at, "step");
        return rule with { AfterStep = Whole(0, 1L << 53) };
    }

    private T Comma<T>(Func<T> next)
    {
        Expect(',');
        return next();
    }

    private (string Name, bool Quoted) Name()
    {
        Blanks();
        var begin = at;
        if (at < text.Length && text[at] == '"')
        {
            var end = text.IndexOf('"', at + 1);
            if (end <= at + 1) throw new SyntaxException(at, "a name in double quotes");
            at = end + 1;
            return (text[(begin + 1)..end], true);
        }

        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '/' or '.' or ':' or '-' or '@' or '#')) at++;
        return at > begin ? (text[begin..at], false) : throw new SyntaxException(at, "the name of a series");
    }

    private double Number()
    {
        Blanks();
        var begin = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '+' or '-' or '.' or 'e' or 'E')) at++;
        if (!double.TryParse(text.AsSpan(begin, at - begin), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) throw new SyntaxException(begin, "a number");
        return Take('%') ? number / 100 : number;
    }

    private long Whole(long least, long most)
    {
        Blanks();
        var begin = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return long.TryParse(text.AsSpan(begin, at - begin), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new SyntaxException(begin, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
    }

    private TimeSpan Duration()
    {
        Blanks();
        var begin = at;
        var count = Whole(1, 1_000_000);
        var unit = at < text.Length ? text[at] : ' ';
        var time = unit switch { 's' => TimeSpan.FromSeconds(count), 'm' => TimeSpan.FromMinutes(count), 'h' => TimeSpan.FromHours(count), 'd' => TimeSpan.FromDays(count), _ => throw new SyntaxException(at, "s, m, h or d") };
        at++;
        return time <= TimeSpan.FromDays(30) ? time : throw new SyntaxException(begin, "a time of at most 30d");
    }

    private bool Word(string word)
    {
        Blanks();
        if (string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
        var end = at + word.Length;
        if (end < text.Length && char.IsLetterOrDigit(text[end])) return false;
        at = end;
        return true;
    }

    private void Expect(char sign)
    {
        if (!Take(sign)) throw new SyntaxException(at, sign.ToString());
    }

    private bool Take(char sign)
    {
        Blanks();
        if (at >= text.Length || text[at] != sign) return false;
        at++;
        return true;
    }

    private bool Take(string sign)
    {
        if (string.CompareOrdinal(text, at, sign, 0, sign.Length) != 0) return false;
        at += sign.Length;
        return true;
    }

    private void Blanks()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private sealed class SyntaxException(int position, string expected) : Exception
    {
        public int Position => position;

        public string Expected => expected;
    }
}
