using System.Text.Json;
using Shouldly;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Alerts;

public sealed class SlackMessageTests
{
    [Fact]
    public void A_message_has_symptom_since_cause_advice_and_link()
    {
        var (text, blocks) = Read(Samples.Alert(Samples.Clipping));
        text.ShouldStartWith("Gradients are clipped in 97 % of the steps");
        blocks[0].GetProperty("type").GetString().ShouldBe("header");
        var all = string.Join('\n', Strings(blocks));
        all.ShouldContain("97 of the last 100 steps");
        all.ShouldContain("step 1,200");
        all.ShouldContain("clip threshold too low");
        all.ShouldContain("1. Raise max_grad_norm from 0.05 to 1.");
        all.ShouldContain("<http://tracker.test/runs/run-7|seven>");
    }

    [Fact]
    public void Names_cannot_mention_a_channel_or_forge_a_link()
    {
        var (text, blocks) = Read(Samples.Alert(Samples.Clipping with { Title = "<!channel> a & b" }, runName: "<http://evil|click>"));
        text.ShouldStartWith("&lt;!channel&gt; a &amp; b");
        var all = string.Join('\n', Strings(blocks));
        all.ShouldNotContain("<!channel>");
        all.ShouldNotContain("<http://evil");
    }

    [Fact]
    public void No_field_passes_the_limit_of_Slack_and_none_is_empty()
    {
        var endless = string.Concat(Enumerable.Repeat("a & b < 😀 ", 2000));
        var (text, blocks) = Read(Samples.Alert(
            Samples.Clipping with
            {
                Title = endless,
                Symptom = endless,
                Check = endless,
                Prescriptions = [.. Enumerable.Repeat(endless, 30)],
                Causes = [new RankedCause("x", endless, endless, [endless, endless], [])],
            }, runName: endless));
        text.Length.ShouldBeLessThanOrEqualTo(3000);
        blocks.Length.ShouldBeLessThanOrEqualTo(50);
        foreach (var block in blocks)
        {
            var limit = block.GetProperty("type").GetString() == "header" ? 150 : 3000;
            if (block.TryGetProperty("text", out var own)) Length(own).ShouldBeInRange(1, limit);
            if (block.TryGetProperty("fields", out var fields)) fields.EnumerateArray().ShouldAllBe(field => Length(field) >= 1 && Length(field) <= 2000);
        }
        Strings(blocks).ShouldAllBe(part => !part.Contains('\uFFFD') && !part.Replace("&amp;", "").Replace("&lt;", "").Replace("&gt;", "").Contains('&'));
    }

    [Fact]
    public void A_resolved_diagnosis_says_so_and_gives_no_advice()
    {
        var (text, blocks) = Read(Samples.Alert(
            Samples.Clipping with { State = DiagnosisState.Resolved, Resolution = "The learning rate fell at step 1,400." }, "diagnosis.resolved"));
        text.ShouldStartWith("Resolved: ");
        var all = string.Join('\n', Strings(blocks));
        all.ShouldContain("The learning rate fell");
        all.ShouldNotContain("What to do");
    }

    [Fact]
    public void A_diagnosis_without_words_is_still_a_message_that_Slack_takes()
    {
        var (_, blocks) = Read(Samples.Alert(Samples.Clipping with { Symptom = "", Check = "", Causes = [], Prescriptions = [] }));
        Strings(blocks).ShouldAllBe(text => text.Length > 0);
    }

    private static (string Text, JsonElement[] Blocks) Read(Alert alert)
    {
        using var json = JsonDocument.Parse(SlackMessage.Render(alert));
        var root = json.RootElement.Clone();
        return (root.GetProperty("text").GetString()!, [.. root.GetProperty("blocks").EnumerateArray()]);
    }

    private static int Length(JsonElement text) => text.GetProperty("text").GetString()!.Length;

    private static IEnumerable<string> Strings(IEnumerable<JsonElement> elements) => elements.SelectMany(Strings);

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Where(property => property.Name != "type").SelectMany(property => Strings(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.String => [element.GetString()!],
        _ => [],
    };
}
