using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Http;

public sealed class OpenApiTests(PostgresFixture postgres)
{
    /// <summary>Set <c>TRACKER_UPDATE=1</c> to write the file instead of comparing with it.</summary>
    [Fact]
    public async Task The_document_in_docs_is_the_one_that_the_server_gives()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var served = (await server.Client.GetStringAsync(new Uri("/swagger/v1/swagger.json", UriKind.Relative))).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var file = Repository.PathOf("docs", "openapi.json");
        if (Environment.GetEnvironmentVariable("TRACKER_UPDATE") == "1") await File.WriteAllTextAsync(file, served);
        (await File.ReadAllTextAsync(file)).ShouldBe(served, "docs/openapi.json is out of date: run the tests with TRACKER_UPDATE=1");
    }

    [Fact]
    public async Task Every_call_parameter_and_field_says_what_it_is_and_gives_an_example()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var document = await server.Client.JsonAsync("/swagger/v1/swagger.json");
        var missing = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var call in path.Value.EnumerateObject())
            {
                if (!call.Value.TryGetProperty("summary", out _)) missing.Add($"{call.Name} {path.Name}: summary");
                if (!call.Value.TryGetProperty("parameters", out var parameters)) continue;
                foreach (var parameter in parameters.EnumerateArray().Where(parameter => !parameter.TryGetProperty("description", out _)))
                {
                    missing.Add($"{call.Name} {path.Name}: description of {parameter.GetProperty("name")}");
                }
            }
        }

        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            if (schema.Name == "ProblemDetails" || !schema.Value.TryGetProperty("properties", out var properties)) continue;
            foreach (var property in properties.EnumerateObject())
            {
                if (property.Value.TryGetProperty("$ref", out _) || property.Value.TryGetProperty("allOf", out _)) continue;
                if (!property.Value.TryGetProperty("description", out _)) missing.Add($"{schema.Name}.{property.Name}: description");
                if (IsPlain(property.Value) && !property.Value.TryGetProperty("example", out _)) missing.Add($"{schema.Name}.{property.Name}: example");
            }
        }

        missing.ShouldBeEmpty();
    }

    private static bool IsPlain(JsonElement property) => property.TryGetProperty("type", out var type) && type.GetString() is "string" or "number" or "integer" or "boolean";
}
