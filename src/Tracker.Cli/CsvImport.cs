using System.Globalization;

namespace Tracker.Cli;

/// <summary>
/// One file, one run. Wide: a column a series. Long: the columns <c>value</c> and <c>series</c> (or name, metric, tag, key), as
/// <c>tracker export</c> writes them. Cells that are no number are left out.
/// </summary>
internal static class CsvImport
{
    private static readonly string[] s_steps = ["step", "global_step", "iteration", "_step", "trainer/global_step"];
    private static readonly string[] s_times = ["time", "wall_time", "timestamp", "_timestamp", "wall time"];
    private static readonly string[] s_names = ["series", "name", "metric", "tag", "key"];

    public static async Task<int> RunAsync(ImportTarget target, string file, string? stepColumn, string? timeColumn, CancellationToken cancellationToken)
    {
        using var text = new StreamReader(file);
        var separator = Separator(file);
        using var rows = CsvReader.Rows(text, separator).GetEnumerator();
        if (!rows.MoveNext()) throw new CommandException(CommandException.Unreadable, $"{file}: no line of names");
        var head = rows.Current;
        var (step, time) = (Find(head, stepColumn, s_steps, file), Find(head, timeColumn, s_times, file));
        var (name, value) = (Find(head, null, s_names, file), Find(head, null, ["value"], file));
        var isLong = name >= 0 && value >= 0;
        var any = rows.MoveNext();
        // Another file of the same name, as the next training writes it, is another run.
        var id = target.RunOf("csv", [Path.GetFullPath(file), string.Join('\t', head), any ? string.Join('\t', rows.Current) : ""]);
        var run = await ImportedRun.OpenAsync(target, id, Path.GetFileNameWithoutExtension(file), "csv", file, cancellationToken);
        using var bar = new ProgressBar(Path.GetFileName(file), !target.IsJson);
        var (line, skipped, length) = (0L, 0L, new FileInfo(file).Length);
        var values = new List<(string, double)>();
        for (; any; any = rows.MoveNext())
        {
            var row = rows.Current;
            if (row is [""]) continue;
            values.Clear();
            if (isLong)
            {
                if (row.Count > Math.Max(name, value) && Number(row[value]) is { } number && row[name].Length > 0) values.Add((row[name], number));
                else skipped++;
            }
            else
            {
                for (var column = 0; column < Math.Min(row.Count, head.Count); column++)
                {
                    if (column == step || column == time || row[column].Length == 0 || head[column].Length == 0) continue;
                    if (Number(row[column]) is { } number) values.Add((head[column], number));
                    else skipped++;
                }
            }

            var at = step >= 0 && step < row.Count ? Number(row[step]) : line;
            line++;
            if (at is { } finite && double.IsFinite(finite)) await run.LogAsync((long)finite, time >= 0 && time < row.Count ? Time(row[time]) : null, values, cancellationToken);
            else skipped += values.Count;
            bar.Report((text.BaseStream.Position, length));
        }

        bar.Dispose();
        return await run.FinishAsync(skipped);
    }

    /// <summary>NaN and infinities in the spellings of Python, C and .NET.</summary>
    internal static double? Number(string cell) => cell.Trim().ToLowerInvariant() switch
    {
        "nan" => double.NaN,
        "inf" or "+inf" or "infinity" or "+infinity" => double.PositiveInfinity,
        "-inf" or "-infinity" => double.NegativeInfinity,
        "true" => 1,
        "false" => 0,
        var text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    /// <summary>Numbers above 10¹¹ are milliseconds: as seconds they would lie beyond the year 5000.</summary>
    internal static DateTimeOffset? Time(string cell)
    {
        if (Number(cell) is { } number && double.IsFinite(number)) return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Clamp(Math.Abs(number) > 1e11 ? number : number * 1000, 0, 253_402_300_799_000));
        return DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private static int Find(List<string> head, string? asked, string[] usual, string file)
    {
        if (asked is null) return head.FindIndex(cell => usual.Contains(cell.Trim(), StringComparer.OrdinalIgnoreCase));
        var found = head.FindIndex(cell => cell.Trim() == asked);
        return found >= 0 ? found : throw new CommandException(CommandException.Unreadable, $"{file}: no column '{asked}'; there are {string.Join(", ", head)}");
    }

    // Spreadsheets of half of Europe write semicolons; tabs go without saying.
    private static char Separator(string file)
    {
        var first = File.ReadLines(file).FirstOrDefault() ?? "";
        return first.Contains('\t', StringComparison.Ordinal) ? '\t' : first.Contains(';', StringComparison.Ordinal) && !first.Contains(',', StringComparison.Ordinal) ? ';' : ',';
    }
}
