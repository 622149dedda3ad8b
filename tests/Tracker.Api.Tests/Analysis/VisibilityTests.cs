using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Analysis;

public sealed class VisibilityTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_run_says_what_was_recognised_and_what_it_cannot_show()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync(config: """{"num_classes":10,"tracker.roles":{"quality":"val/accuracy"}}""");
        await (await server.Client.LogAsync(run, """
            {"series":[{"name":"Loss/train","steps":[0],"values":[2.3]},{"name":"quality","steps":[0],"values":[0.1]},{"name":"mine","steps":[0],"values":[1]}],
             "histograms":[{"name":"weights/fc1","step":0,"edges":[0,1],"counts":[1]}],
             "events":[{"kind":"probe","name":"overfit-one-batch","data":{"passed":true}}]}
            """)).JsonAsync();
        var seen = await server.Client.JsonAsync($"/api/v1/runs/{run}/visibility");
        seen.GetProperty("recognised").EnumerateArray().Select(r => (r.GetProperty("series").GetString(), r.GetProperty("role").GetString()))
            .ShouldBe([("Loss/train", "train/loss"), ("quality", "val/accuracy"), ("weights/fc1", "weights/fc1")], ignoreOrder: true);
        seen.GetProperty("unrecognised").EnumerateArray().Select(r => r.GetString()).ShouldBe(["mine"]);
        var blind = seen.GetProperty("blind").EnumerateArray().ToDictionary(b => b.GetProperty("condition").GetString()!);
        blind["overfitting"].GetProperty("needs").EnumerateArray().Select(n => n.GetString()).ShouldBe(["val/loss"]);
        blind["overfitting"].GetProperty("log").GetProperty("dotnet").GetString()!.ShouldContain("run.Log(step, (\"val/loss\"");
        blind.Keys.ShouldNotContain("loss-at-init");
        blind.Keys.ShouldNotContain("overfit-one-batch");
        blind.Keys.ShouldNotContain("weight-dominates");
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_not_found()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var answer = await server.Client.GetAsync(new Uri("/api/v1/runs/nobody/visibility", UriKind.Relative));
        ((int)answer.StatusCode).ShouldBe(404);
    }
}
