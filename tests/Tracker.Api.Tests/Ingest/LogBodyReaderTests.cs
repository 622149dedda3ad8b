using System.Globalization;
using System.Text;
using Shouldly;
using Tracker.Api.Ingest.Rest;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Api.Tests.Ingest;

public sealed class LogBodyReaderTests
{
    private const long Now = 1_760_000_000_000;

    [Fact]
    public void Series_become_columns_and_missing_times_are_now()
    {
        var request = Accepted("""
            {"writer":"w-1","batch":3,"series":[
              {"name":"train/loss","steps":[1,2.0,3e0],"values":[0.5,"NaN",-Infinity],"times":[10,20.9,30]},
              {"name":"lr","values":[1e-3],"steps":[-9007199254740992]}]}
            """);
        (request.Writer, request.Batch).ShouldBe(("w-1", 3));
        var loss = request.Body.Scalars[0];
        loss.Name.ShouldBe("train/loss");
        loss.Steps.ShouldBe([1, 2, 3]);
        loss.Times.ShouldBe([10, 20, 30]);
        loss.Values.ShouldBe([0.5, double.NaN, double.NegativeInfinity]);
        request.Body.Scalars[1].Steps.ShouldBe([-SeriesLimits.MaxStep]);
        request.Body.Scalars[1].Times.ShouldBe([Now]);
        request.Rejected.ShouldBeEmpty();
    }

    [Fact]
    public void Points_become_one_column_per_name_whatever_the_order_of_members()
    {
        var request = Accepted("""
            {"points":[{"step":1,"values":{"a":1,"b":2}},{"values":{"b":4,"c":5},"time":7,"step":2},{"step":3,"values":{"a":6,"b":"Infinity"}},{"step":4,"values":{}}]}
            """);
        request.Body.Scalars.Select(c => c.Name).ShouldBe(["a", "b", "c"]);
        var (a, b, c) = (request.Body.Scalars[0], request.Body.Scalars[1], request.Body.Scalars[2]);
        ShouldHold(a, [1, 3], [Now, Now], [1, 6]);
        ShouldHold(b, [1, 2, 3], [Now, 7, Now], [2, 4, double.PositiveInfinity]);
        ShouldHold(c, [2], [7], [5]);
    }

    [Theory]
    [InlineData("""{"series":[{"name":"a","steps":[2,9],"values":[20,90]},{"name":"a","steps":[1,2],"values":[10,21]}],"points":[{"step":2,"values":{"a":22}}]}""", new double[] { 10, 20, 21, 22, 90 })]
    [InlineData("""{"points":[{"step":2,"values":{"a":22}}],"series":[{"name":"a","steps":[2,1],"values":[20,10]}]}""", new double[] { 10, 22, 20 })]
    [InlineData("""{"points":[{"step":2,"values":{"a":22}}],"series":[{"name":"\u0061","steps":[2,1],"values":[20,10]}]}""", new double[] { 10, 22, 20 })]
    public void A_name_in_several_places_is_one_column_ordered_by_step_and_then_as_sent(string body, double[] values)
    {
        var column = Accepted(body).Body.Scalars.ShouldHaveSingleItem();
        column.Name.ShouldBe("a");
        column.Values.ShouldBe(values);
        column.Steps.ShouldBeInOrder();
    }

    [Fact]
    public void Columns_that_share_their_steps_are_not_changed_by_a_name_that_comes_twice()
    {
        var request = Accepted("""
            {"series":[{"name":"a","steps":[1,2],"values":[1,2]},{"name":"b","steps":[1,2],"values":[3,4]},{"name":"a","steps":[1,2],"values":[5,6]}]}
            """);
        request.Body.Scalars[1].Steps.ShouldBe([1, 2]);
        ShouldHold(request.Body.Scalars[0], [1, 1, 2, 2], [Now, Now, Now, Now], [1, 5, 2, 6]);
    }

    [Fact]
    public void Histograms_come_with_bins_or_as_raw_values()
    {
        var request = Accepted("""
            {"histograms":[{"name":"h","step":5,"time":9,"edges":[0,1,2.5],"counts":[3,4]},{"name":"r","step":6,"values":[0,1,1,64,NaN,"Infinity"]},{"name":"same","step":7,"values":[2,2]}]}
            """);
        var (bins, raw, same) = (request.Body.Histograms[0], request.Body.Histograms[1], request.Body.Histograms[2]);
        (bins.Name, bins.Step, bins.Time).ShouldBe(("h", 5, 9));
        bins.Edges.ShouldBe([0, 1, 2.5]);
        bins.Counts.ShouldBe([3, 4]);
        raw.Edges.ShouldBe(Enumerable.Range(0, 65).Select(i => (double)i));
        (raw.Counts[0], raw.Counts[1], raw.Counts[63], raw.Counts.Sum()).ShouldBe((1, 2, 1, 4));
        (same.Edges[0], same.Edges[^1], same.Counts.Sum()).ShouldBe((1, 3, 2));
        request.Rejected.ShouldHaveSingleItem().Reason.ShouldStartWith("2 of 6 values are not finite");
    }

    [Fact]
    public void Events_keep_their_data_as_it_was_written()
    {
        var request = Accepted("""
            {"events":[{"kind":"console","name":"stdout","step":3,"time":4,"level":"warn","data":{ "line" : "a\n\"NaN\"" }},{"kind":"resume","data":null}]}
            """);
        var (line, resume) = (request.Body.Events[0], request.Body.Events[1]);
        (line.Kind, line.Name, line.Step, line.Time, line.Level, line.Data).ShouldBe(("console", "stdout", 3, 4, "warn", """{ "line" : "a\n\"NaN\"" }"""));
        (resume.Kind, resume.Name, resume.Step, resume.Time, resume.Level, resume.Data).ShouldBe(("resume", "", null, Now, null, null));
    }

    [Theory]
    [InlineData("""{"loss":NaN,"text":"NaN and -Infinity \" NaN","list":[Infinity,-Infinity,-1]}""", """{"loss":"NaN","text":"NaN and -Infinity \" NaN","list":["Infinity","-Infinity",-1]}""")]
    [InlineData("""{"line":"a\u0000b \ud83d\ude00 \udc80 \ud83d \u00e9"}""", """{"line":"a�b \ud83d\ude00 � � \u00e9"}""")]
    public void Data_that_other_readers_would_refuse_is_made_plain_JSON(string data, string expected)
    {
        var stored = Accepted($$"""{"events":[{"kind":"note","data":{{data}}}]}""").Body.Events[0].Data.ShouldNotBeNull();
        stored.ShouldBe(expected);
        using var parsed = System.Text.Json.JsonDocument.Parse(stored);
    }

    [Theory]
    [InlineData("""{"series":[{"name":"a","steps":[1,9007199254740993,-1e300,4],"values":[1,2,3,4]}]}""", "a:9007199254740993 a:-1e300", 2)]
    [InlineData("""{"series":[{"name":"a","steps":[1,2],"times":[1,1e18],"values":[1,2]}]}""", "a:2", 1)]
    [InlineData("""{"points":[{"values":{"a":1,"b":2},"step":12345678901234567890123},{"step":1,"values":{"a":1}}]}""", "a:12345678901234567890123 b:12345678901234567890123", 1)]
    [InlineData("""{"points":[{"values":{"a":1},"step":1,"time":99999999999999999}]}""", "a:1", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":1,"edges":[0,1,1],"counts":[1,1]}]}""", "h:1", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":1,"edges":[0,1],"counts":[1,1]}]}""", "h:1", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":1,"edges":[0,1,"NaN"],"counts":[1,1]}]}""", "h:1", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":1,"edges":[0,1],"counts":[-1]}]}""", "h:1", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":1e17,"edges":[0,1],"counts":[1]}]}""", "h:1e17", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":2,"values":[NaN]}]}""", "h:2", 0)]
    [InlineData("""{"histograms":[{"name":"h","step":2,"values":[]},{"name":"h","step":3,"values":[1]}]}""", "h:2", 1)]
    public void A_point_that_cannot_be_kept_is_named_and_the_rest_is_kept(string body, string rejected, int kept)
    {
        var request = Accepted(body);
        string.Join(' ', request.Rejected.Select(r => $"{r.Series}:{r.Step}")).ShouldBe(rejected);
        request.RejectedCount.ShouldBe(request.Rejected.Count);
        request.Body.PointCount.ShouldBe(kept);
    }

    [Fact]
    public void Too_many_bins_are_rejected_with_the_limit_and_many_rejections_are_counted_but_not_all_named()
    {
        var bins = Accepted($$"""{"histograms":[{"name":"h","step":1,"edges":[{{string.Join(',', Enumerable.Range(0, 1026))}}],"counts":[{{string.Join(',', Enumerable.Repeat(1, 1025))}}]}]}""");
        bins.Rejected.ShouldHaveSingleItem().Reason.ShouldContain("1024");
        var steps = string.Join(',', Enumerable.Repeat("1e99", 5000));
        var many = Accepted($$"""{"series":[{"name":"a","steps":[{{steps}}],"values":[{{string.Join(',', Enumerable.Repeat("1", 5000))}}]}]}""");
        (many.RejectedCount, many.Rejected.Count, many.Body.PointCount).ShouldBe((5000, LogRequest.MaxRejectedNamed, 0));
    }

    [Theory]
    [InlineData("", 400, "body")]
    [InlineData("  ", 400, "body")]
    [InlineData("[]", 422, "body")]
    [InlineData("null", 422, "body")]
    [InlineData("{", 400, "body")]
    [InlineData("{}x", 400, "body")]
    [InlineData("{} {}", 400, "body")]
    [InlineData("{\"writer\":\"w\",}", 400, "body")]
    [InlineData("{/*c*/}", 400, "body")]
    [InlineData("{'a':1}", 400, "body")]
    [InlineData("{\"a\":tru}", 400, "body")]
    [InlineData("{\"a\":01}", 400, "body")]
    [InlineData("{\"a\":\"\\x\"}", 400, "body")]
    [InlineData("{\"a\":\"\\u12g4\"}", 400, "body")]
    [InlineData("{\"a\":\"\t\"}", 400, "body")]
    [InlineData("{\"a\":\"abc", 400, "body")]
    [InlineData("{\"a\":\"abc\\", 400, "body")]
    [InlineData("{\"writer\":7}", 422, "writer")]
    [InlineData("{\"writer\":\"a b\"}", 422, "writer")]
    [InlineData("{\"writer\":\"\"}", 422, "writer")]
    [InlineData("{\"writer\":\"w\",\"writer\":\"w\"}", 422, "writer")]
    [InlineData("{\"batch\":1}", 400, "writer")]
    [InlineData("{\"writer\":\"w\",\"batch\":0}", 422, "batch")]
    [InlineData("{\"writer\":\"w\",\"batch\":1.5}", 422, "batch")]
    [InlineData("{\"writer\":\"w\",\"batch\":\"1\"}", 422, "batch")]
    [InlineData("{\"series\":{}}", 422, "series")]
    [InlineData("{\"series\":[7]}", 422, "series[0]")]
    [InlineData("{\"series\":[{}]}", 422, "series[0].name")]
    [InlineData("{\"series\":[{\"name\":\"a\"}]}", 422, "series[0].steps")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1]}]}", 422, "series[0].values")]
    [InlineData("{\"series\":[{\"name\":\"\",\"steps\":[1],\"values\":[1]}]}", 422, "series[0].name")]
    [InlineData("{\"series\":[{\"name\":\"a\\u0000b\",\"steps\":[1],\"values\":[1]}]}", 422, "series[0].name")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1]}]}", 422, "series[0].values")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1],\"values\":[1],\"times\":[]}]}", 422, "series[0].times")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1],\"values\":[1]},{\"name\":\"b\",\"steps\":[1,1.5],\"values\":[1,2]}]}", 422, "series[1].steps[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[\"1\"],\"values\":[1]}]}", 422, "series[0].steps[0]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[NaN],\"values\":[1]}]}", 422, "series[0].steps[0]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[-Infinity],\"values\":[1]}]}", 422, "series[0].steps[0]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1],\"values\":[1e400]}]}", 422, "series[0].values[0]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,null]}]}", 422, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,true]}]}", 422, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,\"inf\"]}]}", 422, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,+2]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,.2]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,2.]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,2e]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1,2],\"values\":[1,-]}]}", 400, "series[0].values[1]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"steps\":[1 2]", 400, "series[0].steps[0]")]
    [InlineData("{\"series\":[{\"name\":\"a\",\"name\":\"b\"}]}", 422, "series[0].name")]
    [InlineData("{\"points\":[{\"values\":{\"a\":1}}]}", 422, "points[0].step")]
    [InlineData("{\"points\":[{\"step\":1}]}", 422, "points[0].values")]
    [InlineData("{\"points\":[{\"step\":1,\"values\":[1]}]}", 422, "points[0].values")]
    [InlineData("{\"points\":[{\"step\":1,\"values\":{}},{\"step\":1.5,\"values\":{}}]}", 422, "points[1].step")]
    [InlineData("{\"points\":[{\"step\":1,\"values\":{\"a\":\"x\"}}]}", 422, "points[0].values[\"a\"]")]
    [InlineData("{\"points\":[{\"step\":1,\"values\":{\"a\":1,\"a\":2}}]}", 422, "points[0].values[\"a\"]")]
    [InlineData("{\"points\":[{\"step\":1,\"time\":\"now\",\"values\":{}}]}", 422, "points[0].time")]
    [InlineData("{\"histograms\":[{\"name\":\"h\",\"step\":1}]}", 422, "histograms[0].edges")]
    [InlineData("{\"histograms\":[{\"name\":\"h\",\"step\":1,\"edges\":[0,1]}]}", 422, "histograms[0].counts")]
    [InlineData("{\"histograms\":[{\"name\":\"h\",\"step\":1,\"edges\":[0,1],\"counts\":[1],\"values\":[1]}]}", 422, "histograms[0].values")]
    [InlineData("{\"histograms\":[{\"name\":\"h\",\"edges\":[0,1],\"counts\":[1]}]}", 422, "histograms[0].step")]
    [InlineData("{\"events\":[{}]}", 422, "events[0].kind")]
    [InlineData("{\"events\":[{\"kind\":\"finish\"}]}", 422, "events[0].kind")]
    [InlineData("{\"events\":[{\"kind\":\"note\",\"data\":\"text\"}]}", 422, "events[0].data")]
    [InlineData("{\"events\":[{\"kind\":\"note\",\"data\":{\"a\":}}]}", 400, "events[0].data")]
    [InlineData("{\"events\":[{\"kind\":\"note\",\"step\":0.5}]}", 422, "events[0].step")]
    public void A_bad_body_is_refused_with_its_field(string body, int status, string field)
    {
        var problem = Refused(body);
        (problem.Status, problem.Field).ShouldBe((status, field), problem.Detail);
        problem.Detail.ShouldEndWith(".");
    }

    [Fact]
    public void Limits_are_named_when_they_are_passed()
    {
        var name = new string('n', 513);
        Refused($$"""{"series":[{"name":"{{name}}","steps":[1],"values":[1]}]}""").Limit.ShouldNotBeNull().ShouldContain("512");
        Refused($$"""{"points":[{"step":1,"values":{"{{name}}":1} }]}""").Limit.ShouldNotBeNull().ShouldContain("512");
        Accepted($$"""{"points":[{"step":1,"values":{"{{name[1..]}}":1} }]}""").Body.PointCount.ShouldBe(1);
        var million = $"[{string.Join(',', Enumerable.Repeat("1", SeriesLimits.MaxPointsPerBatch))}";
        Refused($$"""{"series":[{"name":"a","steps":{{million}},1],"values":[]}]}""").Detail.ShouldContain("1000001 steps");
        Refused($$"""{"series":[{"name":"a","steps":{{million}}],"values":{{million}}]},{"name":"b","steps":[1],"values":[1]}]}""").Limit.ShouldBe("1000000 points");
        Refused($$"""{"events":[{{string.Join(',', Enumerable.Repeat("""{"kind":"note"}""", 10_001))}}]}""").Limit.ShouldBe("10000 events");
        Refused($$"""{"events":[{"kind":"note","data":{"a":"{{new string('x', SeriesLimits.MaxEventDataBytes)}}"} }]}""").Limit.ShouldNotBeNull().ShouldContain("1048576");
        Refused($$"""{"x":{{new string('[', 100)}}{{new string(']', 100)}}}""").Detail.ShouldContain("deeper than 64");
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        LogBodyReader.Read([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'], Now).Problem.ShouldNotBeNull().Status.ShouldBe(400);

    [Fact]
    public void Unknown_members_and_nulls_where_optional_are_passed_over()
    {
        var request = Accepted("""
            {"sdk":{"v":[1,2,{"a":null}],"t":true,"f":false},"writer":null,"batch":null,"points":null,"events":null,"histograms":[],
             "series":[{"name":"größe ✓","unit":"m","steps":[1],"values":[2],"times":null}]}
            """);
        (request.Writer, request.Batch).ShouldBe((null, null));
        request.Body.Scalars.ShouldHaveSingleItem().Name.ShouldBe("größe ✓");
        Accepted("{}").Body.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Numbers_are_rounded_correctly_however_they_are_written()
    {
        var random = new Random(20260729);
        var texts = new List<string> { "0", "-0", "-0.0", "0e400", "1e-400", "4.9e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "9007199254740993", "9007199254740992.5", "8.5e22", "1e23", "123456789012345678901234567890", $"0.{new string('0', 330)}1", $"1.{new string('9', 900)}" };
        for (var i = 0; i < 50_000; i++)
        {
            var any = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(any)) texts.Add(any.ToString(i % 2 == 0 ? "R" : "E18", CultureInfo.InvariantCulture));
            texts.Add(random.NextDouble().ToString("R", CultureInfo.InvariantCulture));
            texts.Add(random.NextSingle().ToString("R", CultureInfo.InvariantCulture));
            var whole = random.NextInt64().ToString(CultureInfo.InvariantCulture)[..random.Next(1, 15)];
            texts.Add($"{(i % 3 == 0 ? "-" : "")}{whole}.{random.NextInt64()}{(i % 5 == 0 ? $"e{random.Next(-40, 40)}" : "")}");
            texts.Add($"{whole}e{random.Next(-30, 30)}");
        }

        var body = $$"""{"series":[{"name":"a","steps":[{{string.Join(',', Enumerable.Range(0, texts.Count))}}],"values":[{{string.Join(" , ", texts)}}]}]}""";
        var values = Accepted(body).Body.Scalars[0].Values;
        for (var i = 0; i < texts.Count; i++)
            BitConverter.DoubleToInt64Bits(values[i]).ShouldBe(BitConverter.DoubleToInt64Bits(double.Parse(texts[i], CultureInfo.InvariantCulture)), texts[i]);
    }

    [Fact]
    public void Damaged_bodies_are_answered_and_never_break_the_reader()
    {
        const string Whole = """
            {"writer":"w","batch":1,"series":[{"name":"a\u00e9","steps":[1,2],"values":[0.25,NaN],"times":[1,2]},{"name":"b","steps":[1,2],"values":[-Infinity,"NaN"]}],
             "points":[{"step":1,"time":5,"values":{"a":1e-3,"c":2}}],"histograms":[{"name":"h","step":1,"values":[1,2,3]}],"events":[{"kind":"note","data":{"x":"\ud83d\ude00","y":NaN}}]}
            """;
        var bytes = Encoding.UTF8.GetBytes(Whole);
        for (var length = 0; length < bytes.Length; length++) LogBodyReader.Read(bytes.AsSpan(0, length), Now).IsOk.ShouldBeFalse();

        var random = new Random(7);
        var interesting = "{}[]\",:\\ntfNI-0e.9 u"u8.ToArray();
        for (var i = 0; i < 50_000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var n = random.Next(1, 4); n > 0; n--) damaged[random.Next(damaged.Length)] = interesting[random.Next(interesting.Length)];
            var result = LogBodyReader.Read(damaged, Now);
            if (!result.IsOk) result.Problem.Status.ShouldBeOneOf(400, 422);
        }
    }

    private static void ShouldHold(ScalarColumn column, long[] steps, long[] times, double[] values)
    {
        column.Steps.ShouldBe(steps);
        column.Times.ShouldBe(times);
        column.Values.ShouldBe(values);
    }

    private static LogRequest Accepted(string body)
    {
        var result = LogBodyReader.Read(Encoding.UTF8.GetBytes(body), Now);
        result.Problem.ShouldBeNull();
        return result.Request.ShouldNotBeNull();
    }

    private static BodyProblem Refused(string body) => LogBodyReader.Read(Encoding.UTF8.GetBytes(body), Now).Problem.ShouldNotBeNull();
}
