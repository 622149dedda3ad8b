using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>
/// Reads the body of <c>POST /runs/{id}/log</c> into columns. Pure: bytes in, a request or a problem out.
/// Unknown members are ignored, members that come twice are refused, null stands for absent where a member is optional.
/// </summary>
public static class LogBodyReader
{
    /// <param name="utf8Json">The body after decompression, its size within <see cref="SeriesLimits.MaxBodyBytes"/> (the caller's check).</param>
    /// <param name="nowMs">Unix milliseconds for points and events without a time.</param>
    public static LogBodyResult Read(ReadOnlySpan<byte> utf8Json, long nowMs)
    {
        if (!Utf8.IsValid(utf8Json)) return new LogBodyResult(new BodyProblem(400, "The body is not UTF-8.", "body"));
        var parser = new LogBodyParser(utf8Json, nowMs);
        try
        {
            return new LogBodyResult(parser.ReadBody());
        }
        catch (LogBodyException problem)
        {
            return new LogBodyResult(new BodyProblem(problem.Status, problem.Message, parser.Path.ToString(), problem.Limit));
        }
        finally
        {
            parser.Dispose();
        }
    }
}

/// <summary>Where in the body the parser stands, so that a problem can name the field. Indexes are −1 where there is none.</summary>
internal struct BodyPath
{
    private const int LongestKey = 64;

    public string Section;
    public int Item;
    public string Member;
    public int Element;
    public string Key;

    public void Enter(string section) => (Section, Item, Member, Element, Key) = (section, -1, "", -1, "");

    public void EnterItem() => (Item, Member, Element, Key) = (Item + 1, "", -1, "");

    public void EnterMember(string member) => (Member, Element, Key) = (member, -1, "");

    public override readonly string ToString()
    {
        var path = new StringBuilder(string.IsNullOrEmpty(Section) ? "body" : Section);
        if (Item >= 0) path.Append(CultureInfo.InvariantCulture, $"[{Item}]");
        if (!string.IsNullOrEmpty(Member)) path.Append('.').Append(Member);
        if (Element >= 0) path.Append(CultureInfo.InvariantCulture, $"[{Element}]");
        if (!string.IsNullOrEmpty(Key)) path.Append("[\"").Append(Key.Length <= LongestKey ? Key : $"{Key.AsSpan(0, LongestKey)}…").Append("\"]");
        return path.ToString();
    }
}
