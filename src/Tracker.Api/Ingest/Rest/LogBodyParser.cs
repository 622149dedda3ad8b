using System.Globalization;
using System.Text;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>One reading of one body: the sections and their members. Values are read in LogBodyParser.Values.cs.</summary>
internal ref partial struct LogBodyParser
{
    private readonly long _now;
    private readonly LogBatch _batch = new();
    private readonly LogBodyColumns _columns = LogBodyColumns.Rent();
    private readonly List<RejectedPoint> _rejected = [];
    private JsonCursor _json;
    private int _rejectedCount;
    private int _points;
    private bool _firstItem;
    private long[] _longs = [];
    private double[] _doubles = [];
    private long[] _nowTimes = [];
    private LastColumn _lastSteps;
    private LastColumn _lastTimes;

    public BodyPath Path;

    public LogBodyParser(ReadOnlySpan<byte> json, long now)
    {
        _json = new JsonCursor(json);
        _now = now;
        Path.Enter("");
    }

    public LogRequest ReadBody()
    {
        string? writer = null;
        long? batch = null;
        Open('{', "a JSON object");
        var seen = 0;
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.Enter("");
            switch (Names.Of(_json.Member()))
            {
                case Name.Writer:
                    Path.Enter("writer");
                    Once(ref seen, Name.Writer);
                    writer = ReadWriter();
                    break;
                case Name.Batch:
                    Path.Enter("batch");
                    Once(ref seen, Name.Batch);
                    batch = ReadBatch();
                    break;
                case Name.Series:
                    Path.Enter("series");
                    Once(ref seen, Name.Series);
                    if (OpenItems()) while (NextItem()) ReadSeries();
                    break;
                case Name.Points:
                    Path.Enter("points");
                    Once(ref seen, Name.Points);
                    _columns.RowsFirst = (seen & Names.Bit(Name.Series)) == 0;
                    if (OpenItems()) while (NextItem()) ReadRow();
                    break;
                case Name.Histograms:
                    Path.Enter("histograms");
                    Once(ref seen, Name.Histograms);
                    if (OpenItems()) while (NextItem()) ReadHistogram();
                    break;
                case Name.Events:
                    Path.Enter("events");
                    Once(ref seen, Name.Events);
                    if (OpenItems()) while (NextItem()) ReadEvent();
                    break;
                default:
                    _json.Skip(2);
                    break;
            }
        }

        Path.Enter("");
        if (_json.Peek() != 0 || !_json.Rest.IsEmpty) _json.Fail("nothing may follow the object");
        Path.Enter("writer");
        if (batch is not null && writer is null) throw new LogBodyException(400, "A numbered batch names its writer.");
        _columns.Build(_batch.Scalars);
        return new LogRequest { Writer = writer, Batch = batch, Body = _batch, Rejected = _rejected, RejectedCount = _rejectedCount };
    }

    private string? ReadWriter()
    {
        var writer = ReadOptionalText("writer");
        if (writer is not null && !SeriesRules.IsId(writer)) throw Refused("A writer's id is not of its form.", "1 to 64 of A–Z a–z 0–9 _ . -");
        return writer;
    }

    private long? ReadBatch()
    {
        if (_json.TryNull()) return null;
        var number = ReadWhole("A batch's number", out var value);
        return number == Whole.Fits && value >= 1 ? value : throw Refused("A batch's number is a whole number from 1.", "1 to 9007199254740992");
    }

    private void ReadSeries()
    {
        SeriesName? name = null;
        LongColumn steps = default, times = default;
        double[]? values = null;
        var seen = 0;
        Open('{', "an object");
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.EnterMember("");
            switch (Names.Of(_json.Member()))
            {
                case Name.SeriesName:
                    Path.EnterMember("name");
                    Once(ref seen, Name.SeriesName);
                    name = ReadName();
                    break;
                case Name.Steps:
                    Path.EnterMember("steps");
                    Once(ref seen, Name.Steps);
                    steps = ReadLongs(ref _lastSteps, areTimes: false);
                    break;
                case Name.Times:
                    Path.EnterMember("times");
                    Once(ref seen, Name.Times);
                    if (!_json.TryNull()) times = ReadLongs(ref _lastTimes, areTimes: true);
                    break;
                case Name.Values:
                    Path.EnterMember("values");
                    Once(ref seen, Name.Values);
                    values = ReadDoubles();
                    break;
                default:
                    _json.Skip(4);
                    break;
            }
        }

        Require(name, "name");
        Require(steps.Values, "steps");
        Require(values, "values");
        RequireLength("values", values!.Length, steps.Values!.Length);
        if (times.Values is not null) RequireLength("times", times.Values.Length, steps.Values.Length);
        CountPoints(values.Length);
        AddSeries(name!, steps, times.Values is null ? new LongColumn(Now(values.Length), null) : times, values);
    }

    private void AddSeries(SeriesName name, LongColumn steps, LongColumn times, double[] values)
    {
        var column = _columns.IndexOf(name);
        if (steps.Bad is null && times.Bad is null)
        {
            if (values.Length > 0) _columns.Add(column, steps.Values!, times.Values!, values);
            return;
        }

        var (keptSteps, keptTimes, keptValues) = (new List<long>(), new List<long>(), new List<double>());
        for (var i = 0; i < values.Length; i++)
        {
            string? badStep = null, badTime = null;
            steps.Bad?.TryGetValue(i, out badStep);
            times.Bad?.TryGetValue(i, out badTime);
            if (badStep is not null) Reject(name.Text, badStep, StepOutside);
            else if (badTime is not null) Reject(name.Text, steps.Values![i].ToString(CultureInfo.InvariantCulture), TimeOutside);
            else
            {
                keptSteps.Add(steps.Values![i]);
                keptTimes.Add(times.Values![i]);
                keptValues.Add(values[i]);
            }
        }

        if (keptValues.Count > 0) _columns.Add(column, [.. keptSteps], [.. keptTimes], [.. keptValues]);
    }

    private void ReadRow()
    {
        Stamp step = default, time = default;
        var seen = 0;
        Open('{', "an object");
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.EnterMember("");
            switch (Names.Of(_json.Member()))
            {
                case Name.Step:
                    Path.EnterMember("step");
                    Once(ref seen, Name.Step);
                    step = ReadStep();
                    break;
                case Name.Time:
                    Path.EnterMember("time");
                    Once(ref seen, Name.Time);
                    time = ReadTime();
                    break;
                case Name.Values:
                    Path.EnterMember("values");
                    Once(ref seen, Name.Values);
                    ReadRowValues();
                    break;
                default:
                    _json.Skip(4);
                    break;
            }
        }

        Require(step.IsGiven ? "" : null, "step");
        Require((seen & Names.Bit(Name.Values)) == 0 ? null : "", "values");
        if (step.IsKept && (time.IsKept || !time.IsGiven))
        {
            _columns.EndRow(step.Value, time.IsGiven ? time.Value : _now);
            return;
        }

        for (var i = 0; i < _columns.RowCount; i++) Reject(_columns.NameInRow(i), step.Text, step.IsKept ? TimeOutside : StepOutside);
        _columns.DropRow();
    }

    private void ReadRowValues()
    {
        Open('{', "an object of numbers");
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.Key = "";
            var token = _json.Member();
            var column = _columns.Guess(token);
            if (column < 0) column = _columns.IndexOf(SeriesNames.Of(token));
            Path.Key = _columns.NameOf(column);
            CountPoints(1);
            if (!_columns.AddToRow(column, ReadDouble())) throw Twice();
        }
    }

    private void ReadHistogram()
    {
        SeriesName? name = null;
        Stamp step = default, time = default;
        double[]? edges = null, counts = null, values = null;
        var seen = 0;
        Open('{', "an object");
        for (var first = true; _json.Next(ref first, '}');)
        {
            Path.EnterMember("");
            switch (Names.Of(_json.Member()))
            {
                case Name.SeriesName:
                    Path.EnterMember("name");
                    Once(ref seen, Name.SeriesName);
                    name = ReadName();
                    break;
                case Name.Step:
                    Path.EnterMember("step");
                    Once(ref seen, Name.Step);
                    step = ReadStep();
                    break;
                case Name.Time:
                    Path.EnterMember("time");
                    Once(ref seen, Name.Time);
                    time = ReadTime();
                    break;
                case Name.Edges:
                    Path.EnterMember("edges");
                    Once(ref seen, Name.Edges);
                    if (!_json.TryNull()) edges = ReadDoubles();
                    break;
                case Name.Counts:
                    Path.EnterMember("counts");
                    Once(ref seen, Name.Counts);
                    if (!_json.TryNull()) counts = ReadDoubles();
                    break;
                case Name.Values:
                    Path.EnterMember("values");
                    Once(ref seen, Name.Values);
                    if (!_json.TryNull()) values = ReadDoubles();
                    break;
                default:
                    _json.Skip(4);
                    break;
            }
        }

        Require(name, "name");
        Require(step.IsGiven ? "" : null, "step");
        if (values is null)
        {
            Require(edges, "edges");
            Require(counts, "counts");
        }
        else if (edges is not null || counts is not null)
        {
            Path.EnterMember("values");
            throw Refused("A histogram has either edges and counts, or values.");
        }

        CountPoints(1);
        AddHistogram(name!.Text, step, time, edges, counts, values);
    }

    private void AddHistogram(string name, Stamp step, Stamp time, double[]? edges, double[]? counts, double[]? values)
    {
        var fault = !step.IsKept ? StepOutside : time.IsGiven && !time.IsKept ? TimeOutside : null;
        if (fault is null && values is not null)
        {
            var bins = HistogramBins.FromValues(values, out var nonFinite);
            if (bins is { } filled) (edges, counts) = filled;
            else fault = "a histogram needs at least one finite value";
            if (bins is not null && nonFinite > 0) Reject(name, step.Text, string.Create(CultureInfo.InvariantCulture, $"{nonFinite} of {values.Length} values are not finite and in no bin; the others are kept"));
        }

        fault ??= SeriesRules.FaultOfHistogram(edges, counts);
        if (fault is not null)
        {
            Reject(name, step.Text, fault);
            return;
        }

        _batch.Histograms.Add(new HistogramPoint { Name = name, Step = step.Value, Time = time.IsGiven ? time.Value : _now, Edges = edges!, Counts = counts! });
    }
}
