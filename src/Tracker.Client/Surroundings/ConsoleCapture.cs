namespace Tracker.Client.Surroundings;

/// <summary>Logs the lines of the console as events of one run, 100 a second at most; how many were left out is said.</summary>
internal sealed class ConsoleCapture : IDisposable
{
    private const int MostPerSecond = 100;

    private readonly Action<TrackerEvent> _log;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Action<string, string> _listener;
    private long _second;
    private int _lines;
    private int _leftOut;

    public ConsoleCapture(Action<TrackerEvent> log, TimeProvider clock)
    {
        (_log, _clock, _listener) = (log, clock, Take);
        ConsoleLines.Add(_listener);
    }

    public void Dispose()
    {
        ConsoleLines.Remove(_listener);
        lock (_gate) TellLeftOut();
    }

    private void Take(string stream, string line)
    {
        if (line.Length == 0) return;
        lock (_gate)
        {
            var second = _clock.GetTimestamp() / _clock.TimestampFrequency;
            if (second != _second)
            {
                (_second, _lines) = (second, 0);
                TellLeftOut();
            }

            if (++_lines > MostPerSecond) _leftOut++;
            else Log(stream, line);
        }
    }

    private void TellLeftOut()
    {
        if (_leftOut > 0) Log("tracker", $"{_leftOut} lines were left out");
        _leftOut = 0;
    }

    private void Log(string stream, string line) =>
        _log(new TrackerEvent { Kind = TrackerEventKind.Console, Name = stream, Data = new Dictionary<string, object?> { ["text"] = line } });
}
