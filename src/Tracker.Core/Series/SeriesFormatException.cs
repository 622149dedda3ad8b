namespace Tracker.Core.Series;

/// <summary>Stored bytes that are not of a format this version knows, cut short, or in contradiction with themselves.</summary>
public sealed class SeriesFormatException : FormatException
{
    public SeriesFormatException()
    {
    }

    public SeriesFormatException(string message)
        : base(message)
    {
    }

    public SeriesFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
