using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Views;

public sealed class ViewTests(PostgresFixture postgres)
{
    private const string Views = "/api/v1/projects/team%2Fdigits/views";

    [Fact]
    public async Task A_view_is_kept_changed_listed_by_name_and_forgotten()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await (await server.Client.PostAsync("/api/v1/runs", """{"project":"team/digits","id":"a"}""")).JsonAsync();
        var kept = await (await server.Client.PostAsync(Views, """{"name":" rates ","page":"charts","state":{"filter":"config.lr > 0.1","smooth":0.6}}""")).JsonAsync();
        await (await server.Client.PostAsync(Views, """{"name":"All","page":"runs","state":{}}""")).JsonAsync();
        var id = kept.GetProperty("id").GetString();
        kept.GetProperty("name").GetString().ShouldBe("rates");

        using var changed = await server.Client.PutAsync(new Uri($"{Views}/{id}", UriKind.Relative), new StringContent("""{"name":"rates","page":"charts","state":{"smooth":0.9}}""", Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        var list = (await server.Client.JsonAsync(Views)).GetProperty("items");
        string.Join(' ', list.EnumerateArray().Select(view => view.GetProperty("name").GetString())).ShouldBe("All rates");
        list[1].GetProperty("state").GetRawText().ShouldBe("""{"smooth":0.9}""");

        using var forgotten = await server.Client.DeleteAsync(new Uri($"{Views}/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        forgotten.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var again = await server.Client.DeleteAsync(new Uri($"{Views}/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"page":"runs","state":{}}""", "name")]
    [InlineData("""{"name":"x","page":"home","state":{}}""", "page")]
    [InlineData("""{"name":"x","page":"runs","state":[]}""", "state")]
    public async Task What_cannot_be_kept_is_refused_by_its_field(string body, string field)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await (await server.Client.PostAsync("/api/v1/runs", """{"project":"team/digits","id":"a"}""")).JsonAsync();
        using var refused = await server.Client.PostAsync(Views, body);
        refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await refused.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("field").GetString().ShouldBe(field);
    }
}
