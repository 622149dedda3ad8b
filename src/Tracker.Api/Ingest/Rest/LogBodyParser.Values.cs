using System.Buffers;
using System.Globalization;
using System.Text;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

internal ref partial struct LogBodyParser
{
    private const string StepOutside = "the step lies outside ±2^53";
    private const string TimeOutside = "the time is not in Unix milliseconds of the years 1 to 9999";

    private enum Whole
    {
        Fits,
        Outside,
        Fraction,
    }

    /// <summary>A step or time; <c>Text</c> is it as it was written.</summary>
    private readonly record struct Stamp(bool IsGiven, bool IsKept, long Value, string Text);

    /// <summary>Steps or times of a series; <c>Bad</c> holds those that cannot be kept, by index, as they were written.</summary>
    private readonly record struct LongColumn(long[]? Values, Dictionary<int, string>? Bad);

    /// <summary>The array read before, by its text: series of a batch mostly have the same steps and times, which are then read once.</summary>
    private ref struct LastColumn
    {
        public ReadOnlySpan<byte> Text;
        public long[] Values;
    }

    public readonly void Dispose()
    {
        _columns.Return();
        if (_longs.Length > 0) ArrayPool<long>.Shared.Return(_longs);
        if (_doubles.Length > 0) ArrayPool<double>.Shared.Return(_doubles);
    }

    private static LogBodyException Refused(string detail, string? limit = null) => new(422, detail, limit);

    private static LogBodyException Twice() => Refused("A member stands twice.");

    private static void Once(ref int seen, Name name)
    {
        if ((seen & Names.Bit(name)) != 0) throw Twice();
        seen |= Names.Bit(name);
    }

    private void Require(object? value, string member)
    {
        if (value is not null) return;
        Path.EnterMember(member);
        throw Refused($"'{member}' is missing.");
    }

    private void RequireLength(string member, int length, int steps)
    {
        if (length == steps) return;
        Path.EnterMember(member);
        throw Refused(string.Create(CultureInfo.InvariantCulture, $"There are {length} {member} for {steps} steps."));
    }

    private void CountPoints(int count)
    {
        _points += count;
        if (_points > SeriesLimits.MaxPointsPerBatch) throw TooManyPoints();
    }

    private static LogBodyException TooManyPoints() => Refused("A batch holds too many points.", $"{SeriesLimits.MaxPointsPerBatch} points");

    private void Reject(string series, string step, string reason)
    {
        _rejectedCount++;
        if (_rejected.Count < LogRequest.MaxRejectedNamed) _rejected.Add(new RejectedPoint(series, step, reason));
    }

    private void Open(char bracket, string what)
    {
        if (!_json.TryTake(bracket)) throw WrongType(what);
    }

    private bool OpenItems()
    {
        if (_json.TryNull()) return false;
        Open('[', "an array of objects");
        _firstItem = true;
        return true;
    }

    private bool NextItem()
    {
        Path.EnterMember("");
        if (!_json.Next(ref _firstItem, ']')) return false;
        Path.EnterItem();
        return true;
    }

    /// <summary>Something stands here that is not what should; when it is not JSON at all, that is the problem.</summary>
    private LogBodyException WrongType(string expected)
    {
        _json.Skip(1);
        return Refused($"This must be {expected}.");
    }

    private SeriesName ReadName()
    {
        if (_json.Peek() != '"') throw WrongType("a series' name, a string");
        return SeriesNames.Of(_json.StringToken());
    }

    private string ReadText(string what)
    {
        if (_json.Peek() != '"') throw WrongType($"{what}, a string");
        return JsonCursor.Unescape(_json.StringToken());
    }

    private string? ReadOptionalText(string what) => _json.TryNull() ? null : ReadText(what);

    private Whole ReadWhole(string what, out long value)
    {
        var next = _json.Peek();
        var length = JsonNumber.ReadInteger(_json.Rest, out value);
        if (length > 0)
        {
            _json.Advance(length);
            return SeriesRules.IsStep(value) ? Whole.Fits : Whole.Outside;
        }

        if (next != '-' && (uint)(next - '0') > 9 || _json.Rest.StartsWith("-I"u8)) throw WrongType($"a number ({what})");
        var number = _json.Number();
        if (double.IsInfinity(number)) throw BeyondDouble();
        if (number != Math.Floor(number)) return Whole.Fraction;
        if (Math.Abs(number) > SeriesLimits.MaxStep) return Whole.Outside;
        value = (long)number;
        return Whole.Fits;
    }

    private Stamp ReadStep()
    {
        _json.Peek();
        var start = _json.Position;
        var whole = ReadWhole("a step", out var value);
        if (whole == Whole.Fraction) throw FractionOfStep();
        return new Stamp(true, whole == Whole.Fits, value, Encoding.UTF8.GetString(_json.Since(start)));
    }

    private Stamp ReadTime()
    {
        if (_json.TryNull()) return default;
        var kept = ReadMilliseconds(out var value);
        return new Stamp(true, kept, value, "");
    }

    /// <summary>A time: fractions of a millisecond are cut off. False when it lies outside the years that exist.</summary>
    private bool ReadMilliseconds(out long value)
    {
        var start = _json.Position;
        var whole = ReadWhole("Unix milliseconds", out value);
        if (whole == Whole.Fraction)
        {
            JsonNumber.Read(_json.Since(start).TrimStart(" \n\r\t"u8), out var number);
            value = Math.Abs(number) < SeriesLimits.MaxStep ? (long)Math.Floor(number) : long.MaxValue;
        }

        return whole != Whole.Outside && SeriesRules.IsTime(value);
    }

    private static LogBodyException FractionOfStep() => Refused("A step is a whole number.", "whole numbers within ±2^53");

    private static LogBodyException BeyondDouble() => Refused("A number is beyond float64.", "±1.7976931348623157e308");

    private LongColumn ReadLongs(ref LastColumn last, bool areTimes)
    {
        if (_json.Peek() == '[' && last.Text.Length > 0 && _json.Rest.StartsWith(last.Text))
        {
            _json.Advance(last.Text.Length);
            return new LongColumn(last.Values, null);
        }

        var start = _json.Position;
        Open('[', "an array of numbers");
        Dictionary<int, string>? bad = null;
        var count = 0;
        for (var first = true; _json.Next(ref first, ']'); count++)
        {
            Path.Element = count;
            if (count == _longs.Length) Grow(ref _longs);
            if (!ReadLong(areTimes, out _longs[count], out var text)) (bad ??= []).Add(count, text);
        }

        Path.Element = -1;
        var values = _longs.AsSpan(0, count).ToArray();
        if (bad is null)
        {
            last.Text = _json.Since(start);
            last.Values = values;
        }

        return new LongColumn(values, bad);
    }

    private bool ReadLong(bool isTime, out long value, out string text)
    {
        text = "";
        if (isTime) return ReadMilliseconds(out value);
        _json.Peek();
        var start = _json.Position;
        var whole = ReadWhole("a step", out value);
        if (whole == Whole.Fits) return true;
        if (whole == Whole.Fraction) throw FractionOfStep();
        text = Encoding.UTF8.GetString(_json.Since(start));
        return false;
    }

    private double[] ReadDoubles()
    {
        Open('[', "an array of numbers");
        var count = ReadPlainDoubles();
        for (var first = count == 0; _json.Next(ref first, ']'); count++)
        {
            Path.Element = count;
            if (count == _doubles.Length) Grow(ref _doubles);
            _doubles[count] = ReadDouble();
        }

        Path.Element = -1;
        return _doubles.AsSpan(0, count).ToArray();
    }

    /// <summary>
    /// Reads elements as long as they are finite numbers with nothing but a comma between them, as programs write them, and stops behind the last of
    /// these; what is anything else, or wrong, is left to the careful way.
    /// </summary>
    private int ReadPlainDoubles()
    {
        var text = _json.Rest;
        var (count, at, end) = (0, 0, 0);
        while (true)
        {
            at += JsonNumber.Read(text[at..], out var value);
            if (at == end + (count == 0 ? 0 : 1) || at >= text.Length || text[at] is not ((byte)',' or (byte)']') || !double.IsFinite(value)) break;
            if (count == _doubles.Length) Grow(ref _doubles);
            _doubles[count++] = value;
            end = at;
            if (text[at++] == ']') break;
        }

        _json.Advance(end);
        return count;
    }

    private double ReadDouble()
    {
        _json.Peek();
        var length = JsonNumber.Read(_json.Rest, out var value);
        if (length > 0)
        {
            if (double.IsInfinity(value)) throw BeyondDouble();
            _json.Advance(length);
            return value;
        }

        if (_json.TryBareToken(out value)) return value;
        if (_json.Peek() != '"') throw WrongType("a number");
        var token = _json.StringToken();
        if (token.SequenceEqual("NaN"u8)) return double.NaN;
        if (token.SequenceEqual("Infinity"u8)) return double.PositiveInfinity;
        if (token.SequenceEqual("-Infinity"u8)) return double.NegativeInfinity;
        throw Refused("""This must be a number, or "NaN", "Infinity" or "-Infinity".""");
    }

    private static void Grow<T>(ref T[] scratch)
    {
        if (scratch.Length >= SeriesLimits.MaxPointsPerBatch) throw TooManyPoints();
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(1024, scratch.Length * 2));
        scratch.CopyTo(larger, 0);
        if (scratch.Length > 0) ArrayPool<T>.Shared.Return(scratch);
        scratch = larger;
    }

    /// <summary>An array of now, shared by the series that have as many points.</summary>
    private long[] Now(int count)
    {
        if (_nowTimes.Length == count) return _nowTimes;
        _nowTimes = new long[count];
        _nowTimes.AsSpan().Fill(_now);
        return _nowTimes;
    }
}
