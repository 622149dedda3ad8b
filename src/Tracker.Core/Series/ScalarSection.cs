namespace Tracker.Core.Series;

/// <summary>
/// The scalar series of a journal record. Columns of steps and times that several series share are stored once:
/// a table of columns, a directory of series that refer to it, then the values of each series.
/// </summary>
internal static class ScalarSection
{
    private const byte FormMask = 0x03;
    private const byte SameColumns = 0x04;

    /// <summary>How far back an equal column is looked for. Batches have one or two; a search of all would cost the odd ones a square.</summary>
    private const int LookBack = 8;

    public static void Write(ref ByteWriter writer, List<ScalarColumn> series)
    {
        var columns = new List<long[]>(2);
        var references = new (int Steps, int Times)[series.Count];
        for (var i = 0; i < references.Length; i++)
        {
            var steps = IndexOf(columns, series[i].Steps, i == 0 ? 0 : references[i - 1].Steps);
            references[i] = (steps, IndexOf(columns, series[i].Times, i == 0 ? 0 : references[i - 1].Times));
        }

        writer.Varint(columns.Count);
        foreach (var column in columns)
        {
            writer.Varint(column.Length);
            var nested = new ByteWriter(column.Length * 2);
            IntegerColumn.Write(ref nested, column);
            writer.Varint(nested.Length);
            writer.Bytes(nested.Written);
            nested.Dispose();
        }

        writer.Varint(series.Count);
        WriteSeries(ref writer, series, references);
    }

    private static void WriteSeries(ref ByteWriter writer, List<ScalarColumn> series, (int Steps, int Times)[] references)
    {
        var forms = new ValueForm[series.Count];
        var previousId = 0;
        for (var i = 0; i < forms.Length; i++)
        {
            var one = series[i];
            if (one.SeriesId < 0) throw new ArgumentException($"Series '{one.Name}' has no number yet.", nameof(series));
            forms[i] = ValueColumn.FormOf(one.Values);
            var same = i > 0 && references[i] == references[i - 1];
            writer.Zigzag((long)one.SeriesId - previousId);
            writer.Byte((byte)((byte)forms[i] | (same ? SameColumns : 0)));
            previousId = one.SeriesId;
            if (same) continue;
            writer.Varint(references[i].Steps);
            writer.Varint(references[i].Times);
        }

        for (var i = 0; i < forms.Length; i++) ValueColumn.Write(ref writer, forms[i], series[i].Values);
    }

    private static int IndexOf(List<long[]> columns, long[] column, int guess)
    {
        if (guess < columns.Count && Equal(columns[guess], column)) return guess;
        for (var i = columns.Count - 1; i >= Math.Max(0, columns.Count - LookBack); i--)
        {
            if (Equal(columns[i], column)) return i;
        }

        columns.Add(column);
        return columns.Count - 1;
    }

    private static bool Equal(long[] a, long[] b) => ReferenceEquals(a, b) || a.AsSpan().SequenceEqual(b);

    public static void Read(ref ByteReader reader, List<ScalarColumn> into, Func<int, string>? nameOf)
    {
        var directory = Directory.Read(ref reader);
        var decoded = new long[directory.Columns.Length][];
        foreach (ref readonly var entry in directory.Entries.AsSpan())
        {
            var steps = decoded[entry.Steps] ??= directory.Column(entry.Steps);
            var times = decoded[entry.Times] ??= directory.Column(entry.Times);
            var values = GC.AllocateUninitializedArray<double>(steps.Length);
            ValueColumn.Read(reader.Bytes(ValueColumn.LengthOf(entry.Form, steps.Length)), entry.Form, values);
            into.Add(new ScalarColumn(nameOf?.Invoke(entry.SeriesId) ?? "", steps, times, values) { SeriesId = entry.SeriesId });
        }

        reader.ExpectEnd("The scalar section");
    }

    /// <summary>Finds one series by number; its column, or null. Other series cost two or three bytes of reading each.</summary>
    public static ScalarColumn? ReadOne(ref ByteReader reader, int seriesId)
    {
        var directory = Directory.Read(ref reader);
        if (!directory.TryFind(seriesId, out var entry, out var offset)) return null;
        var steps = directory.Column(entry.Steps);
        var values = GC.AllocateUninitializedArray<double>(steps.Length);
        Directory.ValuesOf(reader, offset, entry, values);
        return new ScalarColumn("", steps, entry.Steps == entry.Times ? steps : directory.Column(entry.Times), values) { SeriesId = seriesId };
    }

    /// <summary>Appends the points of one series to pooled columns; false when the record has none of it.</summary>
    public static bool AppendOne(ref ByteReader reader, int seriesId, long sequence, ColumnBuffer into)
    {
        var directory = Directory.Read(ref reader);
        if (!directory.TryFind(seriesId, out var entry, out var offset)) return false;
        var start = into.Count;
        into.Extend(directory.Columns[entry.Steps].Count);
        directory.Fill(entry.Steps, into.WritableSteps[start..]);
        if (into.HasTimes) directory.Fill(entry.Times, into.WritableTimes[start..]);
        Directory.ValuesOf(reader, offset, entry, into.WritableValues[start..]);
        if (into.HasSequences) into.WritableSequences[start..].Fill(sequence);
        return true;
    }

    /// <summary>The least time of all points; null when there are none.</summary>
    public static long? LeastTime(ref ByteReader reader)
    {
        var directory = Directory.Read(ref reader);
        var seen = new bool[directory.Columns.Length];
        long? least = null;
        foreach (ref readonly var entry in directory.Entries.AsSpan())
        {
            if (seen[entry.Times]) continue;
            seen[entry.Times] = true;
            foreach (var time in directory.Column(entry.Times)) least = Math.Min(time, least ?? time);
        }

        return least;
    }

    private readonly record struct StoredColumn(int Count, int Offset, int Length);

    private readonly record struct Entry(int SeriesId, ValueForm Form, int Steps, int Times);

    /// <summary>Where everything stands; columns are decoded only when a series asks for them.</summary>
    private readonly ref struct Directory(ReadOnlySpan<byte> data, StoredColumn[] columns, Entry[] entries)
    {
        private readonly ReadOnlySpan<byte> _data = data;

        public readonly StoredColumn[] Columns = columns;

        public readonly Entry[] Entries = entries;

        public static Directory Read(ref ByteReader reader)
        {
            var data = reader.Rest;
            var origin = reader.Position;
            var columns = new StoredColumn[reader.Count(reader.Remaining / 3, "The number of columns")];
            foreach (ref var column in columns.AsSpan())
            {
                var count = reader.Count(SeriesLimits.MaxPointsPerBatch, "The length of a column");
                var length = reader.Count(reader.Remaining, "The size of a column");
                column = new StoredColumn(count, reader.Position - origin, length);
                reader.Bytes(length);
            }

            var entries = new Entry[reader.Count(reader.Remaining / 2, "The number of series")];
            var total = 0L;
            Entry previous = default;
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = previous = ReadEntry(ref reader, columns, previous, isFirst: i == 0);
                total += columns[previous.Steps].Count;
            }

            if (total > SeriesLimits.MaxPointsPerBatch) ByteReader.Fail($"A batch claims {total} points.");
            return new Directory(data, columns, entries);
        }

        private static Entry ReadEntry(ref ByteReader reader, StoredColumn[] columns, in Entry previous, bool isFirst)
        {
            var id = unchecked(reader.Zigzag() + previous.SeriesId);
            if (id is < 0 or > int.MaxValue) ByteReader.Fail($"A series has the number {id}.");
            var head = reader.Byte();
            if ((head & ~(FormMask | SameColumns)) != 0 || (head & FormMask) > (byte)ValueForm.Constant) ByteReader.Fail($"A series has the unknown head {head}.");
            var form = (ValueForm)(head & FormMask);
            if ((head & SameColumns) != 0)
            {
                if (isFirst) ByteReader.Fail("The first series refers to columns of the one before.");
                return previous with { SeriesId = (int)id, Form = form };
            }

            var steps = reader.Count(columns.Length - 1, "The number of a column");
            var times = reader.Count(columns.Length - 1, "The number of a column");
            if (columns[steps].Count != columns[times].Count) ByteReader.Fail("A series has steps and times of unequal length.");
            return new Entry((int)id, form, steps, times);
        }

        public bool TryFind(int seriesId, out Entry found, out int offset)
        {
            offset = 0;
            foreach (ref readonly var entry in Entries.AsSpan())
            {
                if (entry.SeriesId == seriesId)
                {
                    found = entry;
                    return true;
                }

                offset = checked(offset + ValueColumn.LengthOf(entry.Form, Columns[entry.Steps].Count));
            }

            found = default;
            return false;
        }

        public long[] Column(int index)
        {
            var values = GC.AllocateUninitializedArray<long>(Columns[index].Count);
            Fill(index, values);
            return values;
        }

        public void Fill(int index, Span<long> values)
        {
            var reader = new ByteReader(_data.Slice(Columns[index].Offset, Columns[index].Length));
            IntegerColumn.Read(ref reader, values);
            reader.ExpectEnd("A column");
        }

        // The reader stands where the values of the first series begin; it is a copy, so the caller's stays there.
        public static void ValuesOf(scoped ByteReader reader, int offset, in Entry entry, Span<double> values)
        {
            reader.Bytes(offset);
            ValueColumn.Read(reader.Bytes(ValueColumn.LengthOf(entry.Form, values.Length)), entry.Form, values);
        }
    }
}
