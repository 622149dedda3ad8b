namespace Tracker.Core.Diagnosis.Causes;

/// <summary>The table as it is asked: by cause and sign.</summary>
internal static partial class CauseTable
{
    public static Row[] RowsOf(string cause) => Table.GetValueOrDefault(cause)?.Rows ?? [];

    /// <summary>What a sign that holds says of a cause; 0 where the table says nothing.</summary>
    public static int Weight(string cause, string sign) => Table.TryGetValue(cause, out var rows) ? rows.Greatest.GetValueOrDefault(sign) : 0;

    /// <summary>What a sign says of a cause where it holds, and where it is known not to.</summary>
    public static (int Yes, int No) Weights(string cause, string sign) => Table.TryGetValue(cause, out var rows) ? rows.First.GetValueOrDefault(sign) : default;

    /// <summary>The cause for which a sign speaks most, and whether it is the only one for which it speaks as much.</summary>
    public static (string Cause, int Weight, bool IsOnly) Strongest(string sign) => Deciders.GetValueOrDefault(sign, ("", 0, false));

    /// <summary>Whether a cause explains a condition: it has a positive weight for it.</summary>
    public static bool Explains(string cause, string condition) => Weight(cause, condition) > 0;

    /// <summary>The rows of one cause, and their weights by sign.</summary>
    private sealed class CauseRows(Row[] rows)
    {
        public Row[] Rows => rows;

        public Dictionary<string, int> Greatest { get; } = rows.GroupBy(r => r.Sign, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(r => r.Yes), StringComparer.Ordinal);

        public Dictionary<string, (int Yes, int No)> First { get; } = rows.GroupBy(r => r.Sign, StringComparer.Ordinal).ToDictionary(g => g.Key, g => (g.First().Yes, g.First().No), StringComparer.Ordinal);
    }
}
