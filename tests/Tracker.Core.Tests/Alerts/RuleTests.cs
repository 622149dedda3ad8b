using Shouldly;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Alerts;

public sealed class RuleTests
{
    private static ThresholdRule Parse(string text)
    {
        var (rule, problem) = RuleParser.Parse(text);
        problem.ShouldBeNull();
        return rule!;
    }

    /// <summary>What a rule says of values at steps 0, 1, 2…: <c>+</c> and the step where it is raised, <c>-</c> where it is over.</summary>
    private static string Say(string rule, params double[] values)
    {
        var (parsed, state) = (Parse(rule), new RuleState());
        var said = values.Select((value, step) => state.Take(parsed, "s", step, value)).OfType<RuleEvent>();
        return string.Join(' ', said.Select(happened => $"{(happened.Raised ? '+' : '-')}{happened.Step}/{happened.OnsetStep}"));
    }

    [Fact]
    public void A_rule_is_read_with_all_its_parts()
    {
        var rule = Parse("val/accuracy < 0.1 for 5 points after step 1000");
        (rule.Series, rule.Measure, rule.Comparison, rule.Threshold, rule.ForPoints, rule.AfterStep).ShouldBe(("val/accuracy", RuleMeasure.Value, RuleComparison.Less, 0.1, 5, 1000L));
        (Parse("absent(train/loss, 10m)").Measure, Parse("absent(train/loss, 10m)").Absence).ShouldBe((RuleMeasure.Absent, TimeSpan.FromMinutes(10)));
        (Parse("change(train/loss, 200) > 50%").Window, Parse("change(train/loss, 200) > 50%").Threshold).ShouldBe((200, 0.5));
        Parse("ZScore(step_time, 100) >= 6").Measure.ShouldBe(RuleMeasure.ZScore);
        Parse("\"my loss (raw)\" != -1e-3").Series.ShouldBe("my loss (raw)");
        Parse("nan(train/loss) for 50 steps").ForSteps.ShouldBe(50);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("train/loss", 10)]
    [InlineData("train/loss > x", 13)]
    [InlineData("slope(train/loss, 3) > 1", 0)]
    [InlineData("change(train/loss) > 1", 17)]
    [InlineData("zscore(train/loss, 1) > 1", 19)]
    [InlineData("train/loss > 1 for 5", 20)]
    [InlineData("train/loss > 1 and more", 15)]
    [InlineData("absent(train/loss, 10)", 21)]
    public void A_rule_that_cannot_be_read_says_where(string text, int position) => RuleParser.Parse(text).Problem!.Position.ShouldBe(position);

    [Fact]
    public void A_comparison_holds_for_so_many_points_and_is_over_after_as_many()
    {
        Say("s > 1", 0, 2, 3, 0, 5).ShouldBe("+1/1 -3/1 +4/4");
        Say("s > 1 for 3 points", 2, 2, 0, 2, 2, 2, 0, 2, 0, 0, 0).ShouldBe("+5/3 -10/3");
        Say("s > 1 for 2 steps after step 2", 2, 2, 2, 2, 2, 2).ShouldBe("+5/3");
    }

    [Fact]
    public void A_value_that_is_not_finite_passes_only_what_asks_for_it()
    {
        Say("s > 1", double.NaN, double.NaN).ShouldBe("");
        Say("s > 1", double.PositiveInfinity).ShouldBe("+0/0");
        Say("nan(s) for 2 points", 1, double.NaN, double.NegativeInfinity, 1, 1).ShouldBe("+2/1 -4/1");
    }

    [Fact]
    public void Windows_speak_once_they_are_full()
    {
        Say("change(s, 2) > 50%", 1, 1, 1.4, 1.6, 1.6).ShouldBe("+3/3 -4/3");
        Say("change(s, 1) > 1000%", 0, 0, 1).ShouldBe("+2/2");
        Say("zscore(s, 4) > 3", 1, 2, 1, 2, 1.5, 9, 1.5).ShouldBe("+5/5 -6/5");
        Say("mean(s, 2) >= 2", 1, 2, 2, 2).ShouldBe("+2/2");
        Say("min(s, 2) > 1", 5, 0, 2, 2).ShouldBe("+3/3");
        Say("max(s, 2) < 1", 5, 0, 0).ShouldBe("+2/2");
    }

    [Fact]
    public void A_late_point_is_not_looked_at_until_the_run_resumes()
    {
        var (rule, state) = (Parse("s > 1"), new RuleState());
        state.Take(rule, "s", 10, 0).ShouldBeNull();
        state.Take(rule, "s", 9, 5).ShouldBeNull();
        state.Resume();
        state.Take(rule, "s", 9, 5)!.Raised.ShouldBeTrue();
    }

    [Fact]
    public void What_held_before_a_resume_is_said_again_when_it_holds_again_and_ends_when_it_does_not()
    {
        var (rule, state) = (Parse("nan(s) for 2 points"), new RuleState());
        state.Take(rule, "s", 10, double.NaN).ShouldBeNull();
        state.Take(rule, "s", 11, double.NaN)!.Raised.ShouldBeTrue();
        state.Resume();
        state.Take(rule, "s", 5, double.NaN).ShouldBeNull();
        state.Take(rule, "s", 6, 1).ShouldBeNull("two in a row are asked for");
        state.Take(rule, "s", 7, double.NaN).ShouldBeNull();
        var again = state.Take(rule, "s", 8, double.NaN)!;
        (again.Raised, again.OnsetStep).ShouldBe((true, 7));
        state.Take(rule, "s", 9, double.NaN).ShouldBeNull();
        state.Take(rule, "s", 10, 1).ShouldBeNull();
        state.Take(rule, "s", 11, 1)!.Raised.ShouldBeFalse();

        state.Take(rule, "s", 12, double.NaN);
        state.Take(rule, "s", 13, double.NaN)!.Raised.ShouldBeTrue();
        state.Resume();
        state.Take(rule, "s", 6, 1).ShouldBeNull();
        state.Take(rule, "s", 7, 1)!.Raised.ShouldBeFalse();
    }

    [Theory]
    [InlineData("zscore(train/loss, 20) > 2")]
    [InlineData("change(train/loss, 30) > 10% for 2 points")]
    [InlineData("nan(train/loss)")]
    [InlineData("mean(train/loss, 10) < 0.9 for 3 steps")]
    public void Saving_in_the_middle_changes_nothing(string text)
    {
        var batches = Enumerable.Range(0, 40).Select(n => new StoredBatch(n + 1, 0, new LogBatch
        {
            Scalars =
            {
                new ScalarColumn("loss", [.. Enumerable.Range(n * 10, 10).Select(i => (long)i)], new long[10],
                    [.. Enumerable.Range(n * 10, 10).Select(i => i % 97 == 0 ? double.NaN : 1 + Math.Sin(i * 0.7) * (i % 53 == 0 ? 3 : 0.2))]),
            },
        })).ToList();
        ActiveRule[] active = [new("r", 1, Parse(text))];
        var whole = new RuleFold();
        whole.Follow(active);
        var expected = batches.SelectMany(batch => whole.Fold(batch).ToList()).ToList();
        expected.ShouldNotBeEmpty();
        var found = new List<RuleFinding>();
        var part = new RuleFold();
        foreach (var batch in batches)
        {
            part.Follow(active);
            found.AddRange(part.Fold(batch));
            part = RuleFold.Load(part.Save());
        }
        found.ShouldBe(expected);
    }

    [Fact]
    public void A_canonical_name_also_means_the_names_of_other_loggers()
    {
        Parse("train/loss > 1").IsAbout("loss").ShouldBeTrue();
        Parse("train/loss > 1").IsAbout("val_loss").ShouldBeFalse();
        Parse("my_series > 1").IsAbout("my_series").ShouldBeTrue();
    }
}
