using System.Text.Json;
using Tracker.Core.Series;

namespace Tracker.Core.Runs;

/// <summary>
/// A recorded run: JSON lines, the first with the run's id and config, every other with one step
/// (<c>{"step", "t": seconds since the start, "scalars": {name: value}, "histograms": {name: {edges, counts}}, "events": [{kind, name, step, level, data}]}</c>).
/// Non-finite values are the strings <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c> or the bare tokens that Python writes.
/// Read line by line: a long run never stands in memory as a whole.
/// </summary>
public sealed class RecordedRun
{
    private readonly TextReader _lines;
    private readonly JsonElement _header;
    private int _line = 1;

    private RecordedRun(TextReader lines, JsonElement header)
    {
        _lines = lines;
        _header = header;
        Run = header.TryGetProperty("run", out var run) && run.ValueKind == JsonValueKind.String ? run.GetString()! : "";
        Config = header.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object ? config.GetRawText() : "{}";
    }

    /// <summary>Id of the run as recorded; empty when the file names none.</summary>
    public string Run { get; }

    /// <summary>The run's config, a JSON object as text; <c>{}</c> when the file has none.</summary>
    public string Config { get; }

    /// <summary>Reads the first line; the steps are read by <see cref="ReadSteps"/>, from the same reader, once.</summary>
    /// <exception cref="RecordedRunException">The first line is missing or is not the header of a run.</exception>
    public static RecordedRun Open(TextReader lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var text = lines.ReadLine() ?? throw new RecordedRunException(1, "the file is empty");
        var header = Parse(text, 1);
        return header.ValueKind == JsonValueKind.Object && (header.TryGetProperty("run", out _) || header.TryGetProperty("config", out _))
            ? new RecordedRun(lines, header)
            : throw new RecordedRunException(1, "the first line must be an object with \"run\" and \"config\"");
    }

    /// <summary>The rest of the file, one batch a line.</summary>
    /// <param name="startedAt">Unix milliseconds of the run's start, to which each line's <c>t</c> is added.</param>
    /// <exception cref="RecordedRunException">A line is not a step of a run.</exception>
    public IEnumerable<RecordedStep> ReadSteps(long startedAt = 0)
    {
        while (_lines.ReadLine() is { } text)
        {
            _line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            yield return RecordedStep.Parse(Parse(text, _line), startedAt, _line);
        }
    }

    private static JsonElement Parse(string text, int line)
    {
        try
        {
            return ParseJson(text);
        }
        catch (JsonException)
        {
            try
            {
                return ParseJson(QuoteBareTokens(text));
            }
            catch (JsonException broken)
            {
                throw new RecordedRunException(line, "not JSON: " + broken.Message, broken);
            }
        }
    }

    private static JsonElement ParseJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>Quotes NaN, Infinity and -Infinity where they stand outside strings.</summary>
    private static string QuoteBareTokens(string text)
    {
        var result = new System.Text.StringBuilder(text.Length + 16);
        var inString = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (!inString)
            {
                var rest = text.AsSpan(i);
                var token = rest.StartsWith("NaN") ? "NaN" : rest.StartsWith("Infinity") ? "Infinity" : rest.StartsWith("-Infinity") ? "-Infinity" : null;
                if (token is not null)
                {
                    result.Append('"').Append(token).Append('"');
                    i += token.Length - 1;
                    continue;
                }
            }
            if (text[i] == '"') inString = !inString;
            result.Append(text[i]);
            if (inString && text[i] == '\\' && i + 1 < text.Length) result.Append(text[++i]);
        }
        return result.ToString();
    }
}

/// <summary>A recorded run that cannot be read: the line, counted from 1, and what is wrong with it.</summary>
public sealed class RecordedRunException(int line, string reason, Exception? inner = null)
    : FormatException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {line}: {reason}"), inner)
{
    public int Line { get; } = line;
}
