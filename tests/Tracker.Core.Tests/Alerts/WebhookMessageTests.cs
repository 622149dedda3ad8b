using System.Text;
using System.Text.Json;
using Shouldly;
using Tracker.Core.Alerts;
using Xunit;

namespace Tracker.Core.Tests.Alerts;

public sealed class WebhookMessageTests
{
    // The vector that the reference libraries of Standard Webhooks test themselves with.
    [Fact]
    public void The_signature_is_that_of_the_reference_libraries()
    {
        var secret = WebhookMessage.SecretBytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        secret.ShouldNotBeNull();
        WebhookMessage.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8, secret)
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_not base64!")]
    [InlineData("whsec_c2hvcnQ=")]
    public void A_secret_of_another_form_is_refused(string secret) => WebhookMessage.SecretBytes(secret).ShouldBeNull();

    [Fact]
    public void The_body_holds_type_time_and_everything_that_is_said()
    {
        var body = WebhookMessage.Render(Samples.Alert(Samples.Clipping));
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        root.EnumerateObject().Select(property => property.Name).ShouldBe(["type", "timestamp", "data"]);
        root.GetProperty("type").GetString().ShouldBe("diagnosis.raised");
        root.GetProperty("timestamp").GetString().ShouldBe("2026-01-02T03:04:05Z");
        var data = root.GetProperty("data");
        data.GetProperty("severity").GetString().ShouldBe("high");
        data.GetProperty("run").GetString().ShouldBe("run-7");
        data.GetProperty("project").GetString().ShouldBe("digits");
        data.GetProperty("title").GetString().ShouldBe(Samples.Clipping.Title);
        data.GetProperty("onsetStep").GetInt64().ShouldBe(1200);
        data.GetProperty("cause").GetProperty("title").GetString().ShouldBe("clip threshold too low");
        data.GetProperty("prescriptions")[0].GetString().ShouldBe("Raise max_grad_norm from 0.05 to 1.");
        data.GetProperty("evidence")[0].GetProperty("value").GetString().ShouldBe("NaN");
        data.GetProperty("url").GetString().ShouldBe("http://tracker.test/runs/run-7");
    }

    [Fact]
    public void What_the_store_keeps_comes_back_equal()
    {
        var message = Samples.Alert(Samples.Clipping).Data;
        var text = JsonSerializer.Serialize(message, AlertJson.Readable.AlertMessage);
        var back = JsonSerializer.Deserialize(text, AlertJson.Readable.AlertMessage);
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(back, AlertJson.Readable.AlertMessage)).ShouldBe(Encoding.UTF8.GetBytes(text));
    }
}
