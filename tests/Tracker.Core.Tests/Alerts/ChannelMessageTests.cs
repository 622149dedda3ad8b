using System.Text;
using System.Text.Json;
using Shouldly;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Alerts;

/// <summary>Messages against the published schemas: what must be there, and the limits.</summary>
public sealed class ChannelMessageTests
{
    private static readonly AlertActions Actions = new(new Uri("https://t.example/a"), new Uri("https://t.example/m"), new Uri("https://t.example/s"));

    private static Alert Make(int length = 60, string type = AlertTypes.DiagnosisRaised) => new(Guid.Parse("3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001"), type, DateTimeOffset.UnixEpoch, new AlertMessage
    {
        Severity = Severity.High,
        Project = "digits",
        Run = "r1",
        RunName = "<b>@everyone</b> *x* " + new string('é', length),
        Diagnosis = "d1",
        Title = "Gradients are clipped 🙂 " + new string('t', length),
        Symptom = "In 97 % of the steps. " + new string('s', length),
        OnsetStep = 1200,
        Step = 1300,
        Cause = new RankedCause("c", "strong", "clip threshold too low" + new string('c', length), [.. Enumerable.Repeat(new string('f', length), 5)], []),
        Prescriptions = [.. Enumerable.Repeat("Raise it. " + new string('p', length), 5)],
        Check = new string('k', length),
        Url = new Uri("https://t.example/runs/r1"),
        ChartsUrl = new Uri("https://t.example/runs/r1?tab=charts"),
    });

    [Theory]
    [InlineData(10)]
    [InlineData(20_000)]
    public void Discord_s_limits_hold_however_long_the_texts_are(int length)
    {
        var body = JsonSerializer.Deserialize<JsonElement>(DiscordMessage.Render(Make(length), Actions, withImage: true));
        var embed = body.GetProperty("embeds").EnumerateArray().ShouldHaveSingleItem();
        string Text(string name) => embed.GetProperty(name).GetString()!;
        Text("title").Length.ShouldBeLessThanOrEqualTo(256);
        Text("description").Length.ShouldBeLessThanOrEqualTo(4096);
        var fields = embed.GetProperty("fields").EnumerateArray().ToList();
        fields.Count.ShouldBeLessThanOrEqualTo(25);
        fields.ShouldAllBe(field => field.GetProperty("name").GetString()!.Length <= 256 && field.GetProperty("value").GetString()!.Length >= 1 && field.GetProperty("value").GetString()!.Length <= 1024);
        var total = Text("title").Length + Text("description").Length + embed.GetProperty("footer").GetProperty("text").GetString()!.Length
            + fields.Sum(field => field.GetProperty("name").GetString()!.Length + field.GetProperty("value").GetString()!.Length);
        total.ShouldBeLessThanOrEqualTo(6000);
        embed.GetProperty("image").GetProperty("url").GetString().ShouldBe("attachment://chart.png");
        body.GetProperty("allowed_mentions").GetProperty("parse").GetArrayLength().ShouldBe(0);
        var row = body.GetProperty("components")[0];
        row.GetProperty("type").GetInt32().ShouldBe(1);
        row.GetProperty("components").EnumerateArray().ShouldAllBe(button => button.GetProperty("type").GetInt32() == 2 && button.GetProperty("style").GetInt32() == 5 && button.GetProperty("label").GetString()!.Length <= 80);
    }

    [Theory]
    [InlineData(10, 8_000, true)]
    [InlineData(10, 60_000, false)]
    [InlineData(20_000, 8_000, false)]
    public void A_card_for_Teams_stays_below_28_KB_and_leaves_the_picture_out_first(int length, int picture, bool shown)
    {
        var bytes = TeamsMessage.Render(Make(length), Actions, new byte[picture]);
        bytes.Length.ShouldBeLessThanOrEqualTo(TeamsMessage.BodyLimit);
        var card = JsonSerializer.Deserialize<JsonElement>(bytes).GetProperty("attachments")[0].GetProperty("content");
        card.GetProperty("version").GetString().ShouldBe("1.4");
        card.GetProperty("body").EnumerateArray().Any(part => part.GetProperty("type").GetString() == "Image").ShouldBe(shown);
        card.GetProperty("actions").EnumerateArray().ShouldAllBe(action => action.GetProperty("type").GetString() == "Action.OpenUrl");
    }

    [Fact]
    public void A_mail_is_seven_bit_lines_of_bounded_length_and_its_parts_can_be_read_back()
    {
        var mail = EmailMessage.Render(Make(), Actions, [1, 2, 3], "Tracker <t@example.com>", ["a@example.com"], Guid.Empty, "thread");
        mail.ShouldAllBe(c => char.IsAscii(c));
        mail.Split("\r\n").ShouldAllBe(line => line.Length <= 998 && !line.Contains('\n') && !line.Contains('\r'));
        mail.ShouldContain("Message-ID: <00000000-0000-0000-0000-000000000000@example.com>");
        mail.ShouldContain("Content-ID: <chart>\r\nContent-Disposition: inline; filename=\"chart.png\"\r\n\r\nAQID\r\n");
        var html = Encoding.UTF8.GetString(Convert.FromBase64String(mail.Split("text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")[1].Split("--")[0].Replace("\r\n", "", StringComparison.Ordinal)));
        html.ShouldContain("&lt;b&gt;@everyone");
        html.ShouldContain("cid:chart");
        html.ShouldContain("https://t.example/s");
    }

    [Fact]
    public void A_subject_cannot_add_headers()
    {
        var alert = Make();
        var mail = EmailMessage.Render(alert with { Data = alert.Data with { Title = "x\r\nBcc: evil@example.com" } }, Actions, null, "t@example.com", ["a@example.com"], Guid.Empty, "t");
        mail.Split("\r\n\r\n")[0].Split("\r\n").ShouldNotContain(line => line.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Slack_gets_buttons_as_links_or_as_values_and_none_when_it_is_over()
    {
        static List<JsonElement> Buttons(byte[] body) => [.. JsonSerializer.Deserialize<JsonElement>(body).GetProperty("blocks").EnumerateArray()
            .Where(block => block.GetProperty("type").GetString() == "actions").SelectMany(block => block.GetProperty("elements").EnumerateArray())];
        Buttons(SlackMessage.Render(Make(), Actions)).Count(button => button.TryGetProperty("url", out _)).ShouldBe(4);
        Buttons(SlackMessage.Render(Make(), Actions, interactive: true)).Count(button => button.TryGetProperty("value", out _)).ShouldBe(3);
        Buttons(SlackMessage.Render(Make(type: AlertTypes.DiagnosisResolved), Actions)).Count.ShouldBe(1);
    }
}
