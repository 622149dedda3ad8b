using System.Text;

namespace Tracker.Client.Surroundings;

/// <summary>
/// Passes what the program writes to the console on, and each finished line to the runs that want it. Put in place with the first such run,
/// taken away with the last; only one is ever in place.
/// </summary>
internal sealed class ConsoleLines : TextWriter
{
    private const int LongestLine = 4_096;

    private static readonly Lock s_gate = new();
    private static readonly List<Action<string, string>> s_listeners = [];
    private static ConsoleLines? s_output;
    private static ConsoleLines? s_errors;

    // A listener that writes to the console itself must not hear itself for ever.
    [ThreadStatic]
    private static bool s_isTelling;

    private readonly TextWriter _inner;
    private readonly string _stream;
    private readonly Lock _lineGate = new();
    private readonly StringBuilder _line = new();
    private bool _returned;

    private ConsoleLines(TextWriter inner, string stream) => (_inner, _stream) = (inner, stream);

    public override Encoding Encoding => _inner.Encoding;

    /// <param name="listener">Gets <c>stdout</c> or <c>stderr</c>, and the line.</param>
    public static void Add(Action<string, string> listener)
    {
        lock (s_gate)
        {
            s_listeners.Add(listener);
            if (s_listeners.Count > 1) return;
            Console.SetOut(s_output = new ConsoleLines(Console.Out, "stdout"));
            Console.SetError(s_errors = new ConsoleLines(Console.Error, "stderr"));
        }
    }

    public static void Remove(Action<string, string> listener)
    {
        lock (s_gate)
        {
            if (!s_listeners.Remove(listener) || s_listeners.Count > 0) return;
            // Somebody who put a writer over ours keeps it; ours then only passes on.
            Console.SetOut(s_output!._inner);
            Console.SetError(s_errors!._inner);
        }
    }

    public override void Write(char value)
    {
        _inner.Write(value);
        Take([value]);
    }

    public override void Write(string? value)
    {
        _inner.Write(value);
        Take(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        _inner.Write(buffer, index, count);
        Take(buffer.AsSpan(index, count));
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        _inner.Write(buffer);
        Take(buffer);
    }

    public override void WriteLine(string? value)
    {
        _inner.WriteLine(value);
        Take(value);
        Take("\n");
    }

    public override void WriteLine()
    {
        _inner.WriteLine();
        Take("\n");
    }

    public override void Flush() => _inner.Flush();

    private void Take(ReadOnlySpan<char> text)
    {
        if (s_isTelling) return;
        List<string>? finished = null;
        lock (_lineGate)
        {
            foreach (var c in text)
            {
                if (c == '\n')
                {
                    (finished ??= []).Add(_line.ToString());
                    _line.Clear();
                    _returned = false;
                }
                else if (c == '\r')
                {
                    _returned = true;
                }
                else
                {
                    // A progress bar writes over its line: the last of it counts.
                    if (_returned) _line.Clear();
                    _returned = false;
                    if (_line.Length < LongestLine) _line.Append(c);
                }
            }
        }

        if (finished is not null) Tell(finished);
    }

    private void Tell(List<string> lines)
    {
        Action<string, string>[] listeners;
        lock (s_gate) listeners = [.. s_listeners];
        s_isTelling = true;
        try
        {
            foreach (var line in lines)
            {
                foreach (var listener in listeners) listener(_stream, line);
            }
        }
        finally
        {
            s_isTelling = false;
        }
    }
}
