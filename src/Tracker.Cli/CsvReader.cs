using System.Text;

namespace Tracker.Cli;

/// <summary>Comma-separated values as RFC 4180 has them: quotes around cells, doubled inside, line breaks within quotes.</summary>
internal static class CsvReader
{
    public static IEnumerable<List<string>> Rows(TextReader text, char separator)
    {
        var (row, cell, quoted, any) = (new List<string>(), new StringBuilder(), false, false);
        while (text.Read() is >= 0 and var read)
        {
            var c = (char)read;
            any = true;
            if (quoted)
            {
                if (c != '"') cell.Append(c);
                else if (text.Peek() == '"') cell.Append((char)text.Read());
                else quoted = false;
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c == separator)
            {
                row.Add(cell.ToString());
                cell.Clear();
            }
            else if (c == '\n')
            {
                row.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                yield return row;
                (row, any) = ([], false);
            }
            else
            {
                cell.Append(c);
            }
        }

        if (!any) yield break;
        row.Add(cell.ToString().TrimEnd('\r'));
        yield return row;
    }
}
