using System.Text;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Causes;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary><c>docs/diagnosis-tree.md</c>: from what is seen to the test that tells the causes apart, made from the tables by which the analyzer ranks them.</summary>
public sealed class DiagnosisTreeTests
{
    private const int MostQuestions = 6;

    [Fact]
    public void The_tree_is_what_the_tables_say() => CataloguePage.ShouldHold("diagnosis-tree.md", Tree());

    [Fact]
    public void Every_fact_is_a_question_and_every_question_a_fact()
    {
        FactQuestions.All.Keys.ShouldBe(Facts.All.Keys, ignoreOrder: true);
        FactQuestions.All.Values.SelectMany(q => q.Of).Where(id => Conditions.Find(id) is null).ShouldBeEmpty();
    }

    [Fact]
    public void Rows_of_the_table_name_causes_of_the_closed_list_and_conditions_or_facts()
    {
        foreach (var row in CauseTable.Rows)
        {
            RootCauses.Titles.ContainsKey(row.Cause).ShouldBeTrue(row.Cause);
            (Conditions.Find(row.Sign) is not null || Facts.All.ContainsKey(row.Sign)).ShouldBeTrue(row.Sign);
        }
    }

    private static string Tree()
    {
        var page = new StringBuilder();
        foreach (var section in Conditions.All.GroupBy(c => c.Section))
        {
            page.Append($"\n## {section.Key}\n");
            foreach (var condition in section) Branch(page, condition);
        }
        return page.ToString();
    }

    private static void Branch(StringBuilder page, Condition condition)
    {
        var causes = CauseTable.Rows.Where(r => r.Sign == condition.Id && r.Yes > 0).GroupBy(r => r.Cause).Select(g => (Cause: g.Key, Weight: g.Sum(r => r.Yes))).OrderByDescending(c => c.Weight).ToList();
        page.Append($"\n### {condition.Id}\n[{char.ToUpperInvariant(condition.InShort[0])}{condition.InShort[1..]}](diagnoses/{condition.Id}.md). ");
        if (causes.Count == 0)
        {
            page.Append("No cause is ranked for it alone.\n");
            return;
        }
        page.Append(causes.Count == 1 ? $"It speaks for one cause: **{Title(causes[0].Cause)}**.\n" : $"It speaks for: {string.Join(" · ", causes.Select(c => $"**{Title(c.Cause)}** (+{c.Weight})"))}.\n");
        if (causes.Count == 1) return;
        var questions = FactQuestions.All.Where(q => q.Value.Of.Length == 0 || q.Value.Of.Contains(condition.Id)).Select(q => (Question: q.Value, Rows: Rows(q.Key, causes))).Where(q => q.Rows.Count > 0)
            .OrderByDescending(q => q.Question.Of.Length > 0).ThenByDescending(q => Apart(q.Rows, causes.Count)).Take(MostQuestions).ToList();
        if (questions.Count == 0) return;
        page.Append("\n| to tell them apart | look at | yes | no |\n| --- | --- | --- | --- |\n");
        foreach (var (question, rows) in questions)
        {
            page.Append($"| {question.Text} | {string.Join(", ", question.Look.Split(", ").Select(w => $"`{w}`"))} | {Says(rows.Select(r => (r.Cause, r.Yes)))} | {Says(rows.Select(r => (r.Cause, r.No)))} |\n");
        }
    }

    private static List<CauseTable.Row> Rows(string fact, List<(string Cause, int Weight)> causes) => [.. CauseTable.Rows.Where(r => r.Sign == fact && causes.Exists(c => c.Cause == r.Cause))];

    /// <summary>How far an answer moves the causes from one another.</summary>
    private static int Apart(List<CauseTable.Row> rows, int causes) => Range(rows.Select(r => r.Yes), rows.Count < causes) + Range(rows.Select(r => r.No), rows.Count < causes);

    private static int Range(IEnumerable<int> weights, bool others)
    {
        var all = others ? weights.Append(0).ToList() : weights.ToList();
        return all.Max() - all.Min();
    }

    private static string Says(IEnumerable<(string Cause, int Weight)> moved)
    {
        var parts = moved.Where(m => m.Weight != 0).OrderByDescending(m => m.Weight).Select(m => $"{Title(m.Cause)} {(m.Weight > 0 ? "+" : "−")}{Math.Abs(m.Weight)}").ToList();
        return parts.Count == 0 ? "–" : string.Join(", ", parts);
    }

    private static string Title(string cause) => RootCauses.Titles[cause];
}
