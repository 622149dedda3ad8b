using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Api.Runs.Query;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class FilterParserTests
{
    [Theory]
    [InlineData("metrics.val/loss < 0.3", "(val/loss Less 0.3)")]
    [InlineData("metrics.val/loss.min<-1e-3", "(val/loss.min Less -0.001)")]
    [InlineData("metrics.\"val/loss top-1\".min >= .5", "(val/loss top-1.min GreaterOrEqual 0.5)")]
    [InlineData("metrics.\"loss.min\" = NaN", "(loss.min Equal NaN)")]
    [InlineData("metrics.min > 1", "(min Greater 1)")]
    [InlineData("metrics.layer.0.weight.max != Infinity", "(layer.0.weight.max NotEqual Infinity)")]
    [InlineData("config.optimizer.name = 'adamw'", "(optimizer|name Equal adamw)")]
    [InlineData("config.\"a.b\".c in (1, \"x\", true)", "(a.b|c In 1 x True)")]
    [InlineData("config.betas has 0.9", "(betas Has 0.9)")]
    [InlineData("not tags has \"a\" AND tags HAS \"b\"", "(and (not (tags Has a)) (tags Has b))")]
    [InlineData("state = \"running\" or state = \"lost\" and exitCode is not null", "(or (state Equal running) (and (state Equal lost) (not (exitCode IsNull))))")]
    [InlineData("(state = \"running\" or state = \"lost\") and name not like \"a\\_%\"", "(and (or (state Equal running) (state Equal lost)) (not (name Like a\\_%)))")]
    [InlineData("notes = \"say \\\"hi\\\" \\\\ twice\"", "(notes Equal say \"hi\" \\ twice)")]
    [InlineData("diagnoses.severity >= \"high\"", "(diagnoses.severity GreaterOrEqual 2)")]
    [InlineData("group not in ('a','b')", "(not (group In a b))")]
    public void A_filter_is_read_as_it_is_meant(string text, string expected)
    {
        var (filter, problem) = FilterParser.Parse(text);
        problem.ShouldBeNull();
        Describe(filter!).ShouldBe(expected);
    }

    [Theory]
    [InlineData("metrics.loss <", 14, "a number")]
    [InlineData("metrics.loss < \"0.3\"", 15, "a number")]
    [InlineData("state = running", 8, "\"running\" \"finished\"")]
    [InlineData("state = \"runing\"", 8, "\"running\" \"finished\"")]
    [InlineData("state < \"running\"", 6, "a state has no order")]
    [InlineData("lss < 3", 0, "metrics.<series>")]
    [InlineData("metrics. < 3", 8, "a name between the dots")]
    [InlineData("metrics < 3", 0, "metrics.<series>")]
    [InlineData("config.a = 1 config.b = 2", 13, "and, or, or the end")]
    [InlineData("(config.a = 1", 13, "a closing parenthesis")]
    [InlineData("config.a = 1)", 12, "and, or, or the end")]
    [InlineData("config.a = 'x", 11, "a closing '")]
    [InlineData("tags = \"x\"", 5, "has or is null")]
    [InlineData("name has \"x\"", 5, "holds one value")]
    [InlineData("name ! \"x\"", 5, "one of = !=")]
    [InlineData("name is nul", 8, "null or not null")]
    [InlineData("name not = 'x'", 9, "like, ilike, in or has")]
    [InlineData("name in ('x'", 12, "a comma or a closing parenthesis")]
    [InlineData("name in 'x'", 8, "an opening parenthesis")]
    [InlineData("name like 'x\\'", 10, "a closing '")]
    [InlineData("name like 'x\\\\'", 10, "in the middle of an escape")]
    [InlineData("metrics.loss like 'x'", 13, "the field holds no text")]
    [InlineData("metrics.loss > NaN", 15, "a number")]
    [InlineData("metrics.loss > 1e999", 15, "a number")]
    [InlineData("createdAt > 'soon'", 12, "a time in quotes")]
    [InlineData("diagnoses.severity = 'bad'", 21, "\"crit\"")]
    [InlineData("and", 0, "metrics.<series>")]
    public void What_cannot_be_read_is_told_with_its_place(string text, int position, string expected)
    {
        var (_, problem) = FilterParser.Parse(text);
        problem.ShouldNotBeNull().Position.ShouldBe(position, problem.Expected);
        problem.Expected.ShouldContain(expected);
    }

    [Fact]
    public void Depth_comparisons_values_and_length_are_limited()
    {
        FilterParser.Parse(new string('(', 2_000) + "name = 'x'").Problem!.Expected.ShouldContain("32 levels");
        FilterParser.Parse(string.Concat(Enumerable.Repeat("not ", 1_000)) + "name = 'x'").Problem!.Expected.ShouldContain("32 levels");
        FilterParser.Parse(string.Join(" or ", Enumerable.Repeat("name = 'x'", 65))).Problem!.Expected.ShouldContain("64 comparisons");
        FilterParser.Parse("exitCode in (" + string.Join(',', Enumerable.Repeat('1', 257)) + ")").Problem!.Expected.ShouldContain("256 values");
        FilterParser.Parse(new string('x', 5_000)).Problem!.Expected.ShouldContain("4096 characters");
        FilterParser.Parse(string.Concat(Enumerable.Repeat("(((name = 'x'))) and ", 60)) + "name = 'x'").Problem.ShouldBeNull();
    }

    [Fact]
    public void Any_text_is_read_or_refused_at_one_of_its_characters()
    {
        string[] words =
        [
            "metrics.val/loss", "metrics.", "config.", "config.\"a", "\"", "'", "`", "\\", ".", "..", "and", "or", "not", "in", "is", "null", "like", "has", "(", ")", ",",
            "=", "!", "<", ">", "state", "tags", "createdAt", "diagnoses.severity", "0.3", "-", "1e9", "NaN", "\"running\"", "'2026-01-01'", " ", "\t", "é", "\ud800", "🙂",
        ];
        var texts = Gen.Elements(words).ListOf().Select(parts => string.Concat(parts)).Or(ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var (filter, problem) = FilterParser.Parse(text);
            foreach (var other in new[] { RunOrder.Parse(text).Problem, RunColumns.Parse(text).Problem })
            {
                if (other is not null) other.Position.ShouldBeInRange(0, text.Length);
            }

            return problem is null ? filter is not null || string.IsNullOrWhiteSpace(text) : problem.Position >= 0 && problem.Position <= text.Length && filter is null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    private static string Describe(Filter filter) => filter switch
    {
        AllOf all => $"(and {string.Join(' ', all.Parts.Select(Describe))})",
        AnyOf any => $"(or {string.Join(' ', any.Parts.Select(Describe))})",
        Negated negated => $"(not {Describe(negated.Part)})",
        Comparison one => FormattableString.Invariant($"({Describe(one.Field)} {one.Operator}{string.Concat(one.Values.Select(value => FormattableString.Invariant($" {value.Value}")))})"),
        _ => "?",
    };

    private static string Describe(RunField field) => field switch
    {
        MetricField metric => metric.Series + (metric.Form is { } form ? "." + form.Name : ""),
        ConfigField config => string.Join('|', config.Path),
        AttributeField attribute => attribute.Name,
        _ => "?",
    };
}
