namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// Conditions that layers have each for itself and that are told once for the run: the signal stands on the layer that had the condition first,
/// speaks of the worst one and says how many there are. It is told again when it gets more severe or the number of layers has doubled.
/// </summary>
internal sealed class LayerSignals(SignalBoard board)
{
    private readonly List<Layer> _open = [];
    private readonly List<Told> _told = [];

    /// <summary>A layer has the condition now, or has it worse.</summary>
    /// <param name="signal">What is to be said of this layer alone.</param>
    /// <param name="badness">Greater is worse; compared among layers of the same condition.</param>
    public void Raise(Signal signal, double badness)
    {
        _open.RemoveAll(l => l.Signal.Id == signal.Id && l.Signal.Series == signal.Series);
        _open.Add(new Layer(signal, badness));
        var at = _told.FindIndex(t => t.Id == signal.Id);
        var layers = _open.FindAll(l => l.Signal.Id == signal.Id);
        var severity = layers.Max(l => l.Signal.Severity);
        if (at >= 0 && severity <= _told[at].Severity && layers.Count < 2 * _told[at].Count) return;
        var told = new Told(signal.Id, at >= 0 ? _told[at].Home : signal.Series, severity, layers.Count);
        if (at >= 0) _told[at] = told;
        else _told.Add(told);
        Tell(told, layers, signal.Step);
    }

    /// <summary>What holds of each layer by itself, in the order in which it was raised.</summary>
    public IEnumerable<Signal> Open(string id) => _open.Where(l => l.Signal.Id == id).Select(l => l.Signal);

    /// <summary>A layer is rid of the condition; the signal clears with the last one.</summary>
    public void Clear(string id, string series)
    {
        if (_open.RemoveAll(l => l.Signal.Id == id && l.Signal.Series == series) == 0 || _open.Exists(l => l.Signal.Id == id)) return;
        var at = _told.FindIndex(t => t.Id == id);
        board.Clear(id, _told[at].Home);
        _told.RemoveAt(at);
    }

    public void Sync(StateStream s)
    {
        s.Sync(_open, (stream, layer) =>
        {
            var signal = SignalBoard.SyncSignal(stream, layer?.Signal);
            var badness = layer?.Badness ?? 0;
            stream.Sync(ref badness);
            return new Layer(signal, badness);
        });
        s.Sync(_told, (stream, told) =>
        {
            var (severity, count) = ((int)(told?.Severity ?? Severity.Info), told?.Count ?? 0);
            var id = stream.SyncText(told?.Id ?? "");
            var home = stream.SyncText(told?.Home ?? "");
            stream.Sync(ref severity);
            stream.Sync(ref count);
            return new Told(id, home, (Severity)severity, count);
        });
    }

    private void Tell(Told told, List<Layer> layers, long step)
    {
        var worst = layers[0];
        foreach (var layer in layers)
        {
            if (layer.Badness > worst.Badness) worst = layer;
        }
        var others = layers.Count - 1;
        board.Raise(worst.Signal with
        {
            Series = told.Home,
            Severity = told.Severity,
            Step = step,
            OnsetStep = layers.Min(l => l.Signal.OnsetStep),
            Summary = others == 0 ? worst.Signal.Summary : $"{worst.Signal.Summary} The same holds of {others} other {(others == 1 ? "layer" : "layers")}.",
        });
    }

    private sealed record Layer(Signal Signal, double Badness);

    /// <summary>What was said last; <c>Home</c> is the series that the signal stands on, so that it stays one signal.</summary>
    private sealed record Told(string Id, string Home, Severity Severity, int Count);
}
