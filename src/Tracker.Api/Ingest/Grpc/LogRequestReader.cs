using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Tracker.Api.Ingest.Grpc.Protocol;
using Tracker.Api.Ingest.Rest;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>A point or event that cannot be kept; its step as it was sent.</summary>
public sealed record RejectedStep(string Series, long Step, string Reason);

/// <summary>A <c>tracker.v1.LogRequest</c>, decoded and checked.</summary>
/// <param name="Run">The run; empty when the message names none.</param>
/// <param name="Writer">The writer, or null.</param>
/// <param name="Batch">Its number, or null.</param>
/// <param name="FirstHash">Hash of the message when it is batch 1.</param>
/// <param name="Content">Points and events.</param>
/// <param name="Rejected">The first points that cannot be kept.</param>
public sealed record DecodedBatch(string Run, string? Writer, long? Batch, byte[]? FirstHash, LogBatch Content, List<RejectedStep> Rejected)
{
    public IngestRequest For(string run) => new(run, Writer, Batch, FirstHash, Content);
}

/// <summary>
/// Reads the bytes of a <c>LogRequest</c> straight into columns: the same message through its generated class would be built of an object a
/// series and copied number by number. What holds for a batch over REST holds here. Histograms and events are read in LogRequestReader.Items.cs.
/// </summary>
public ref partial struct LogRequestReader
{
    private const string StepOutside = "the step lies outside ±2^53";
    private const string TimeOutside = "the time is not in Unix milliseconds of the years 1 to 9999";

    private readonly long _now;
    private readonly LogBatch _batch = new();
    private readonly LogBodyColumns _columns = new();
    private readonly List<RejectedStep> _rejected = [];
    private string _section = "";
    private int _item;
    private int _points;
    private int _seriesCount;
    private Shared _steps;
    private Shared _times;
    private long[] _nowTimes = [];

    private LogRequestReader(long now) => _now = now;

    /// <summary>The column of numbers read before, by its bytes: series of a batch mostly have the same steps and times, which are then read once.</summary>
    private readonly ref struct Shared(ReadOnlySpan<byte> bytes, long[] values)
    {
        public ReadOnlySpan<byte> Bytes { get; } = bytes;

        public long[]? Values { get; } = values;
    }

    /// <param name="message">The bytes of the message, not kept.</param>
    /// <param name="now">Unix milliseconds for what comes without a time.</param>
    /// <exception cref="GrpcException">It is no such message, or holds what is refused.</exception>
    public static DecodedBatch Read(ReadOnlySpan<byte> message, long now)
    {
        var reader = new LogRequestReader(now);
        return reader.ReadRequest(message);
    }

    private DecodedBatch ReadRequest(ReadOnlySpan<byte> message)
    {
        string run = "", writer = "";
        ulong batch = 0;
        int histograms = 0, events = 0;
        var wire = new WireReader(message);
        while (wire.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes):
                    run = Text(wire.Bytes(), "run");
                    break;
                case (2, WireType.Bytes):
                    writer = Text(wire.Bytes(), "writer");
                    break;
                case (3, WireType.Varint):
                    batch = wire.Varint();
                    break;
                case (4, WireType.Bytes):
                    (_section, _item) = ("series", _seriesCount++);
                    if (_seriesCount > SeriesLimits.MaxSeriesPerRun) throw Invalid("", "A batch holds too many series.", $"{SeriesLimits.MaxSeriesPerRun} series");
                    ReadSeries(wire.Bytes());
                    break;
                case (5, WireType.Bytes):
                    (_section, _item) = ("histograms", histograms++);
                    ReadHistogram(wire.Bytes());
                    break;
                case (6, WireType.Bytes):
                    (_section, _item) = ("events", events++);
                    ReadEvent(wire.Bytes());
                    break;
                default:
                    wire.Skip(field, type);
                    break;
            }
        }

        if (run.Length > 0 && !SeriesRules.IsId(run)) throw ProblemStatus.Invalid("run", "A run's id is not of its form.", "1 to 64 of A–Z a–z 0–9 _ . -");
        if (writer.Length > 0 && !SeriesRules.IsId(writer)) throw ProblemStatus.Invalid("writer", "A writer's id is not of its form.", "1 to 64 of A–Z a–z 0–9 _ . -");
        if (batch > 0 && writer.Length == 0) throw ProblemStatus.Invalid("writer", "A numbered batch names its writer.");
        if (batch > (ulong)SeriesLimits.MaxStep) throw ProblemStatus.Invalid("batch", "A batch's number is too large.", "1 to 9007199254740992");
        _columns.Build(_batch.Scalars);
        return new DecodedBatch(
            run, writer.Length == 0 ? null : writer, batch == 0 ? null : (long)batch, batch == 1 ? SHA256.HashData(message)[..16] : null, _batch, _rejected);
    }

    private void ReadSeries(ReadOnlySpan<byte> message)
    {
        string name = "";
        RepeatedValues<long> steps = default, times = default;
        RepeatedValues<double> values = default;
        var wire = new WireReader(message);
        while (wire.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes):
                    name = Text(wire.Bytes(), "name");
                    break;
                case (2, WireType.Bytes):
                    steps.Add(Steps(wire.Bytes()));
                    break;
                case (2, WireType.Varint):
                    steps.Add(wire.Zigzag());
                    break;
                case (3, WireType.Bytes):
                    times.Add(Times(wire.Bytes()));
                    break;
                case (3, WireType.Varint):
                    times.Add(wire.Zigzag());
                    break;
                case (4, WireType.Bytes):
                    values.Add(WireReader.Doubles(wire.Bytes()));
                    break;
                case (4, WireType.Fixed64):
                    values.Add(wire.Double());
                    break;
                default:
                    wire.Skip(field, type);
                    break;
            }
        }

        CheckName(name, "name");
        if (values.Count != steps.Count) throw Invalid("values", $"There are {values.Count} values for {steps.Count} steps.");
        if (times.Count != 0 && times.Count != steps.Count) throw Invalid("times", $"There are {times.Count} times for {steps.Count} steps.");
        CountPoints(values.Count);
        if (values.Count > 0) AddSeries(name, steps.ToArray(), times.Count == 0 ? Now(steps.Count) : times.ToArray(), values.ToArray());
    }

    private void AddSeries(string name, long[] steps, long[] times, double[] values)
    {
        var column = _columns.IndexOf(new SeriesName([], name));
        // Columns that are shared were checked with the first series that had them.
        var stepsKept = ReferenceEquals(steps, _steps.Values) || AreSteps(steps);
        var timesKept = ReferenceEquals(times, _times.Values) || ReferenceEquals(times, _nowTimes) || AreTimes(times);
        if (stepsKept && timesKept)
        {
            _columns.Add(column, steps, times, values);
            return;
        }

        RepeatedValues<long> keptSteps = default, keptTimes = default;
        RepeatedValues<double> keptValues = default;
        for (var i = 0; i < values.Length; i++)
        {
            if (!SeriesRules.IsStep(steps[i])) Reject(name, steps[i], StepOutside);
            else if (!SeriesRules.IsTime(times[i])) Reject(name, steps[i], TimeOutside);
            else
            {
                keptSteps.Add(steps[i]);
                keptTimes.Add(times[i]);
                keptValues.Add(values[i]);
            }
        }

        if (keptValues.Count > 0) _columns.Add(column, keptSteps.ToArray(), keptTimes.ToArray(), keptValues.ToArray());
    }

    /// <summary>Packed steps; those of the series before are recognised by their bytes. Only columns that can be kept whole are remembered.</summary>
    private long[] Steps(ReadOnlySpan<byte> packed)
    {
        if (_steps.Values is { } before && packed.SequenceEqual(_steps.Bytes)) return before;
        var values = Longs(packed);
        if (AreSteps(values)) _steps = new Shared(packed, values);
        return values;
    }

    private long[] Times(ReadOnlySpan<byte> packed)
    {
        if (_times.Values is { } before && packed.SequenceEqual(_times.Bytes)) return before;
        var values = Longs(packed);
        if (AreTimes(values)) _times = new Shared(packed, values);
        return values;
    }

    private static long[] Longs(ReadOnlySpan<byte> packed)
    {
        if (WireReader.CountVarints(packed) > SeriesLimits.MaxPointsPerBatch) throw TooManyPoints();
        return WireReader.Zigzags(packed);
    }

    private static bool AreSteps(long[] values) => values.AsSpan().IndexOfAnyExceptInRange(-SeriesLimits.MaxStep, SeriesLimits.MaxStep) < 0;

    private static bool AreTimes(long[] values) => values.AsSpan().IndexOfAnyExceptInRange(SeriesRules.MinTime, SeriesRules.MaxTime) < 0;

    private void CountPoints(int count)
    {
        _points += count;
        if (_points > SeriesLimits.MaxPointsPerBatch) throw TooManyPoints();
    }

    private void Reject(string series, long step, string reason)
    {
        if (_rejected.Count < LogRequest.MaxRejectedNamed) _rejected.Add(new RejectedStep(series, step, reason));
    }

    /// <summary>An array of now, shared by the series that have as many points.</summary>
    private long[] Now(int count)
    {
        if (_nowTimes.Length == count) return _nowTimes;
        _nowTimes = new long[count];
        _nowTimes.AsSpan().Fill(_now);
        return _nowTimes;
    }

    private readonly string Text(ReadOnlySpan<byte> bytes, string member) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Invalid(member, "The text is not UTF-8.");

    private readonly void CheckName(string name, string member)
    {
        if (SeriesRules.FaultOfName(name) is { } fault) throw Invalid(member, $"A name {fault}.", $"1 to {SeriesLimits.MaxNameLength} characters, no control characters");
    }

    private readonly GrpcException Invalid(string member, string detail, string? limit = null) =>
        ProblemStatus.Invalid(_section.Length == 0 ? member : member.Length == 0 ? _section : $"{_section}[{_item}].{member}", detail, limit);

    private static GrpcException TooManyPoints() => ProblemStatus.Invalid("series", "A batch holds too many points.", $"{SeriesLimits.MaxPointsPerBatch} points");
}
