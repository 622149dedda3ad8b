using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Tracker.Core.Series;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Ingest;

public sealed class BadInputTests(PostgresFixture postgres)
{
    /// <summary>What is sent as a batch, the status, and the field that the problem must name.</summary>
    public static TheoryData<string, int, string> Batches => new()
    {
        { "", 400, "body" },
        { "{", 400, "body" },
        { "not json", 400, "body" },
        { "[1]", 422, "body" },
        { """{"series":1}""", 422, "series" },
        { """{"series":[{"name":"a","steps":[1,2],"values":[1]}]}""", 422, "series[0]" },
        { """{"series":[{"name":"a","steps":[1],"values":[1],"times":[1,2]}]}""", 422, "series[0]" },
        { """{"series":[{"name":"a","steps":["x"],"values":[1]}]}""", 422, "series[0].steps[0]" },
        { """{"series":[{"name":"a","steps":[1],"values":["one"]}]}""", 422, "series[0].values[0]" },
        { """{"series":[{"name":"a","steps":[1],"values":[1e400]}]}""", 422, "series[0].values[0]" },
        { """{"series":[{"name":"a","steps":[1.5],"values":[1]}]}""", 422, "series[0].steps[0]" },
        { """{"series":[{"name":"NAME","steps":[1],"values":[1]}]}""".Replace("NAME", new string('n', 10_000), StringComparison.Ordinal), 422, "series[0].name" },
        { """{"series":[{"name":"","steps":[1],"values":[1]}]}""", 422, "series[0].name" },
        { """{"batch":1,"series":[]}""", 400, "writer" },
        { """{"writer":"w","batch":0,"series":[]}""", 422, "batch" },
        { """{"writer":"a/b","batch":1,"series":[]}""", 422, "writer" },
        { """{"events":[{"kind":"config","name":"x"}]}""", 422, "events[0].kind" },
    };

    [Theory]
    [MemberData(nameof(Batches))]
    public async Task A_bad_batch_gets_a_problem_that_names_the_field_and_nothing_is_stored(string body, int status, string field)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        using var response = await server.Client.LogAsync(run, body);
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        var problem = await ProblemAsync(response);
        problem.GetProperty("field").GetString()!.ShouldStartWith(field);
        (await StoredBatchesAsync(server)).ShouldBe(1, "the run's config, and nothing else");
    }

    /// <summary>What is sent to create a run, the status, and the field.</summary>
    public static TheoryData<string, int, string> Runs => new()
    {
        { "{", 400, "body" },
        { "{}", 422, "project" },
        { """{"project":5}""", 400, "project" },
        { """{"project":"p","name":"NAME"}""".Replace("NAME", new string('n', 10_000), StringComparison.Ordinal), 422, "name" },
        { """{"project":"p","id":"a b"}""", 422, "id" },
        { """{"project":"p","id":".."}""", 422, "id" },
        { """{"project":"p","config":[1]}""", 422, "config" },
        { """{"project":"p","config":{"a":"\u0000"}}""", 422, "config.a" },
        { """{"project":"p","config":{"a":["\ud800"]}}""", 422, "config.a[0]" },
        { """{"project":"p","config":{"\ud800":1}}""", 422, "config" },
        { """{"project":"p","config":{"a":1e999999}}""", 422, "config.a" },
        { """{"project":"p\u0000"}""", 422, "project" },
        { """{"project":"p","resume":"perhaps"}""", 422, "resume" },
        { """{"project":"p","tags":["a",""]}""", 422, "tags[1]" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_bad_run_gets_a_problem_that_names_the_field(string body, int status, string field)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var response = await server.Client.PostAsync("/api/v1/runs", body);
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await ProblemAsync(response)).GetProperty("field").GetString().ShouldBe(field);
        (await server.Client.JsonAsync("/api/v1/runs")).GetProperty("items").GetArrayLength().ShouldBe(0);
        // What is refused leaves the connections fit for the next request.
        for (var i = 0; i < 5; i++)
        {
            using var again = await server.Client.PostAsync("/api/v1/runs", body);
            again.StatusCode.ShouldBe(response.StatusCode);
            await server.Client.CreateRunAsync();
        }
    }

    [Fact]
    public async Task Large_broken_and_unknown_encodings_are_refused_and_nothing_is_logged_as_an_error()
    {
        var errors = new ErrorCount();
        await using var server = await TrackerServer.StartAsync(postgres, host => host.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(errors)));
        var run = await server.Client.CreateRunAsync();
        var path = new Uri($"/api/v1/runs/{run}/log", UriKind.Relative);

        await ShouldBeAsync(413, new ByteArrayContent(new byte[20 << 20]));
        var bomb = Gzip(new string(' ', SeriesLimits.MaxBodyBytes + 1) + "{}");
        bomb.Length.ShouldBeLessThan(1 << 20);
        await ShouldBeAsync(413, Encoded(bomb, "gzip"));
        var whole = Gzip("""{"series":[{"name":"a","steps":[1],"values":[1]}]}""");
        await ShouldBeAsync(400, Encoded(whole[..^12], "gzip"));
        await ShouldBeAsync(400, Encoded(Encoding.UTF8.GetBytes("no gzip at all"), "gzip"));
        await ShouldBeAsync(415, Encoded(whole, "zip"));
        (await StoredBatchesAsync(server)).ShouldBe(1);
        await ShouldBeAsync(200, Encoded(whole, "gzip"));
        foreach (var wrong in new[] { "data", "data?name=a&points=0", "data?name=a&smooth=median", "data?name=a&points=x", "points?name=a&format=xml", "points?name=none", "events?cursor=x", "events?kind=%00", "histograms?name=a" })
        {
            using var response = await server.Client.GetAsync(new Uri($"/api/v1/runs/{run}/{wrong}", UriKind.Relative));
            ((int)response.StatusCode).ShouldBeInRange(400, 422, wrong);
            (await ProblemAsync(response)).GetProperty("field").GetString().ShouldNotBeNullOrEmpty();
        }

        errors.Lines.ShouldBeEmpty();

        async Task ShouldBeAsync(int status, HttpContent content)
        {
            try
            {
                using var response = await server.Client.PostAsync(path, content);
                ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
                if (status >= 400) (await ProblemAsync(response)).GetProperty("field").GetString().ShouldNotBeNullOrEmpty();
            }
            catch (HttpRequestException) when (status == 413)
            {
                // The server may close while the client still sends.
            }
        }
    }

    [Fact]
    public async Task A_point_that_cannot_be_kept_is_named_and_the_rest_is_stored()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        using var response = await server.Client.LogAsync(run, """
            {"series":[{"name":"a","steps":[1,9007199254740993],"values":[1,2]}],
             "histograms":[{"name":"h","step":1,"edges":[2,1],"counts":[1]},{"name":"h","step":2,"edges":[0,1],"counts":[1]},{"name":"a","step":3,"edges":[0,1],"counts":[1]}]}
            """);
        var answer = await response.JsonAsync();
        answer.GetProperty("accepted").GetInt32().ShouldBe(2);
        answer.GetProperty("rejected").EnumerateArray().Select(r => r.GetProperty("series").GetString()).Order().ShouldBe(["a", "a", "h"]);
        (await server.Client.PointsAsync(run, "a")).ShouldBe(["1,1"]);
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
    }

    private static async Task<long> StoredBatchesAsync(TrackerServer server)
    {
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = database.CreateCommand("select sum(sequence)::bigint from run_heads");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    private static ByteArrayContent Encoded(byte[] bytes, string encoding)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    private sealed class ErrorCount : ILoggerProvider, ILogger
    {
        public System.Collections.Concurrent.ConcurrentBag<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Lines.Add(formatter(state, exception) + exception);
        }

        public void Dispose()
        {
        }
    }
}
