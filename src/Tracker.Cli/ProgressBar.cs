namespace Tracker.Cli;

/// <summary>A line on the error stream that is written over: how far long work is. Silent where nobody looks.</summary>
internal sealed class ProgressBar(string what, bool isShown) : IProgress<(long Done, long Total)>, IDisposable
{
    private const int Width = 30;

    private readonly Lock _gate = new();
    private readonly bool _isShown = isShown && !Console.IsErrorRedirected;
    private long _lastTime;
    private int _length;

    public void Report((long Done, long Total) value)
    {
        if (!_isShown) return;
        lock (_gate)
        {
            // A terminal is slow; ten times a second is often enough.
            var now = Environment.TickCount64;
            if (now - _lastTime < 100 && value.Done < value.Total) return;
            _lastTime = now;
            Write(Line(what, value.Done, value.Total));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_length > 0) Write("");
        }
    }

    /// <summary>Without a known end only the count is shown.</summary>
    internal static string Line(string what, long done, long total)
    {
        if (total <= 0) return $"{what} {done:N0}";
        var share = Math.Clamp((double)done / total, 0, 1);
        var full = (int)(share * Width);
        return $"{what} [{new string('#', full)}{new string('.', Width - full)}] {100 * share,3:0} %  {done:N0} of {total:N0}";
    }

    private void Write(string line)
    {
        Console.Error.Write('\r' + line.PadRight(_length) + (line.Length == 0 ? "\r" : ""));
        _length = line.Length;
    }
}
