using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>
/// Batches of the tail as reads see them: one that cannot be decoded counts as empty, as it will when the compactor has set it aside and reported it.
/// </summary>
internal static class TailBatch
{
    public static LogBatch? TryDecode(ReadOnlySpan<byte> data, Func<int, string> nameOf)
    {
        try
        {
            return JournalCodec.Decode(data, nameOf);
        }
        catch (SeriesFormatException)
        {
            return null;
        }
    }

    public static bool TryAppend(ReadOnlySpan<byte> data, int seriesId, long sequence, ColumnBuffer into)
    {
        try
        {
            return JournalCodec.AppendScalar(data, seriesId, sequence, into);
        }
        catch (SeriesFormatException)
        {
            return false;
        }
    }

    public static long? LeastTime(ReadOnlySpan<byte> data)
    {
        try
        {
            return JournalCodec.LeastTime(data);
        }
        catch (SeriesFormatException)
        {
            return null;
        }
    }

    public static List<HistogramPoint> Histograms(ReadOnlySpan<byte> data, int seriesId)
    {
        try
        {
            return JournalCodec.DecodeHistograms(data, seriesId);
        }
        catch (SeriesFormatException)
        {
            return [];
        }
    }
}
