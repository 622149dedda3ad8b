using System.Globalization;
using System.Text;

namespace Tracker.Testing.Durability;

/// <summary>
/// What a writer of the loop logs: everything about batch n of a writer follows from their numbers, so that a batch is the same however often
/// it is sent, and what must be stored can be computed from how far each writer was acknowledged.
/// </summary>
internal static class LoopValues
{
    /// <summary>A series that all writers of a run log to, each at steps of its own.</summary>
    public const string Shared = "shared/step_time";

    private const long FirstTime = 1_760_000_000_000;
    public const int WriterStride = 64;

    public static string Loss(int writer) => $"w{writer}/loss";

    public static string Grad(int writer) => $"w{writer}/grad_norm";

    public static string Histogram(int writer) => $"w{writer}/weights";

    /// <summary>Steps of a batch: from a single one to 60.</summary>
    public static int StepsOf(int writer, long batch) => 1 + (int)(Mix(writer, batch) % 60);

    /// <summary>Scalar points of a batch: each step has three.</summary>
    public static int PointsOf(int writer, long batch) => 3 * StepsOf(writer, batch);

    public static long SharedStep(int writer, long step) => (step * WriterStride) + writer;

    public static long TimeOf(long step) => FirstTime + (step * 100) + (long)(Mix(7, step) % 11);

    /// <summary>A double with all its digits.</summary>
    public static double LossAt(int writer, long step) => 3.0 / (1 + (Mix(writer, step) % 1_000_003));

    /// <summary>A float32, now and then not finite.</summary>
    public static double GradAt(int writer, long step) => (Mix(writer + 100, step) % 97) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        var other => (float)(other / 13.0),
    };

    public static double SharedAt(int writer, long step) => writer + (step / 1024.0);

    public static string Body(string id, int writer, long batch, long firstStep)
    {
        var steps = Enumerable.Range(0, StepsOf(writer, batch)).Select(i => firstStep + i).ToArray();
        var json = new StringBuilder($$"""{"writer":"{{id}}","batch":{{batch}},"series":[""");
        Column(json, Loss(writer), steps, steps, step => LossAt(writer, step)).Append(',');
        Column(json, Grad(writer), steps, steps, step => GradAt(writer, step)).Append(',');
        Column(json, Shared, steps, [.. steps.Select(step => SharedStep(writer, step))], step => SharedAt(writer, step));
        json.Append(CultureInfo.InvariantCulture, $$"""],"histograms":[{"name":"{{Histogram(writer)}}","step":{{firstStep}},"edges":[0,1,2],"counts":[{{batch}},1]}]}""");
        return json.ToString();
    }

    private static StringBuilder Column(StringBuilder json, string name, long[] steps, long[] shown, Func<long, double> value) => json
        .Append("{\"name\":\"").Append(name)
        .Append("\",\"steps\":[").AppendJoin(',', shown)
        .Append("],\"values\":[").AppendJoin(',', steps.Select(step => Number(value(step))))
        .Append("],\"times\":[").AppendJoin(',', steps.Select(TimeOf)).Append("]}");

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : $"\"{value.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>splitmix64: well spread, the same everywhere.</summary>
    private static ulong Mix(long a, long b)
    {
        var x = ((ulong)a * 0x9E3779B97F4A7C15) + (ulong)b;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
