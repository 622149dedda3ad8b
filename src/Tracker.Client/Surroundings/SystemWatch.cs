namespace Tracker.Client.Surroundings;

/// <summary>
/// Logs the machine's load at the training's own steps, so that it stands under the loss. While no step goes by, samples are gathered and
/// logged as one with the next step: the mean, of memory the greatest.
/// </summary>
internal sealed class SystemWatch(Delivery delivery, TimeProvider clock, TimeSpan interval)
{
    private readonly Dictionary<string, (double Sum, double Max, int Count)> _gathered = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, clock);
        var before = MachineSample.Take(clock);
        var hasGpu = true;
        long? logged = null;
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var now = MachineSample.Take(clock);
            foreach (var (name, value) in now.Since(before, clock)) Gather(name, value);
            before = now;
            if (hasGpu && await GpuSample.TakeAsync(cancellationToken).ConfigureAwait(false) is { } gpus)
            {
                foreach (var (name, value) in gpus) Gather(name, value);
            }
            else
            {
                hasGpu = false;
            }

            if (delivery.LastStep is not { } step || step <= logged) continue;
            logged = step;
            delivery.Log(step, null, [.. _gathered.Select(item => (item.Key, item.Key.Contains("mem", StringComparison.Ordinal) ? item.Value.Max : item.Value.Sum / item.Value.Count))]);
            _gathered.Clear();
        }
    }

    private void Gather(string name, double value)
    {
        var (sum, max, count) = _gathered.GetValueOrDefault(name, (0, double.NegativeInfinity, 0));
        _gathered[name] = (sum + value, Math.Max(max, value), count + 1);
    }
}
