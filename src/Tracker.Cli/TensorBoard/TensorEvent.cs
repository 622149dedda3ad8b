namespace Tracker.Cli.TensorBoard;

/// <summary>One value of one tag: a scalar, a histogram, or neither (images, text, graphs).</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Scalar">Null where it is none.</param>
/// <param name="Histogram">Edges and counts, or null.</param>
internal sealed record TensorValue(string Tag, double? Scalar, (double[] Edges, double[] Counts)? Histogram);

/// <summary>
/// An <c>Event</c> of TensorBoard's event.proto: when, at which step, and values. <paramref name="IsRestart"/>: the writer says that it starts
/// anew at this step, and that what came from there on before is void.
/// </summary>
internal sealed record TensorEvent(double WallTime, long Step, bool IsRestart, IReadOnlyList<TensorValue> Values)
{
    private const int SessionStart = 1;

    /// <exception cref="InvalidDataException">These bytes are no event.</exception>
    public static TensorEvent Parse(ReadOnlySpan<byte> message, Dictionary<string, string> plugins)
    {
        var (time, step, restart) = (0.0, 0L, false);
        var values = new List<TensorValue>();
        var reader = new WireReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: time = reader.Double; break;
                case 2: step = (long)reader.Bits; break;
                case 5: ReadSummary(reader.Bytes, plugins, values); break;
                case 7: restart = Status(reader.Bytes) == SessionStart; break;
                default: break;
            }
        }

        return new TensorEvent(time, step, restart, values);
    }

    private static int Status(ReadOnlySpan<byte> session)
    {
        var reader = new WireReader(session);
        while (reader.Next())
        {
            if (reader.Field == 1) return (int)reader.Bits;
        }

        return 0;
    }

    private static void ReadSummary(ReadOnlySpan<byte> summary, Dictionary<string, string> plugins, List<TensorValue> values)
    {
        var reader = new WireReader(summary);
        while (reader.Next())
        {
            if (reader.Field == 1) values.Add(ReadValue(reader.Bytes, plugins));
        }
    }

    private static TensorValue ReadValue(ReadOnlySpan<byte> value, Dictionary<string, string> plugins)
    {
        var tag = "";
        double? scalar = null;
        (double[], double[])? histogram = null;
        ReadOnlySpan<byte> tensor = default;
        var reader = new WireReader(value);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: tag = reader.Text; break;
                case 2: scalar = reader.Double; break;
                case 5: histogram = TensorHistogram.OfProto(reader.Bytes); break;
                case 8: tensor = reader.Bytes; break;
                // Told with the first value of a tag only.
                case 9 when Plugin(reader.Bytes) is { } plugin: plugins[tag] = plugin; break;
                default: break;
            }
        }

        if (tensor.IsEmpty) return new TensorValue(tag, scalar, histogram);
        var (shape, numbers) = TensorNumbers.Read(tensor);
        return plugins.GetValueOrDefault(tag) switch
        {
            "histograms" => new TensorValue(tag, null, TensorHistogram.OfTensor(shape, numbers)),
            "scalars" or null when numbers.Count == 1 && shape.All(size => size == 1) => new TensorValue(tag, numbers[0], null),
            _ => new TensorValue(tag, null, null),
        };
    }

    /// <summary>Name of the plugin in a SummaryMetadata.</summary>
    private static string? Plugin(ReadOnlySpan<byte> metadata)
    {
        var reader = new WireReader(metadata);
        while (reader.Next())
        {
            if (reader.Field != 1) continue;
            var data = new WireReader(reader.Bytes);
            while (data.Next())
            {
                if (data.Field == 1) return data.Text;
            }
        }

        return null;
    }
}
