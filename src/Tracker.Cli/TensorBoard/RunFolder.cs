namespace Tracker.Cli.TensorBoard;

/// <summary>
/// One folder of event files: one run. Files are read in the order of their names, which begin with the time of their making. A file that
/// begins at or before the last step, or says so itself, is a restart: what comes from there on rewinds the run.
/// </summary>
internal sealed class RunFolder(ImportTarget target, string folder, string name)
{
    private readonly List<RecordFile> _files = [];
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<string, string> _plugins = [];
    private readonly List<(string, double)> _scalars = [];
    private ImportedRun? _run;
    private long? _lastStep;
    private bool _isNewFile;
    private long _skipped;
    private bool _isSpoilt;

    public long Length => _files.Sum(file => file.Length);

    public long Read => _files.Sum(file => file.Position);

    /// <summary>Sends what has come since the last time.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var path in Directory.GetFiles(folder, "*tfevents*").Order(StringComparer.Ordinal))
        {
            if (_known.Add(path)) _files.Add(new RecordFile(path));
        }

        if (_files.Count == 0) return;
        // The first file's name holds time, machine and process of its making: the same run wherever the folder is copied to.
        _run ??= await ImportedRun.OpenAsync(target, target.RunOf("tensorboard", [Path.GetFileName(name), Path.GetFileName(_files[0].Path)]), name, "tensorboard", folder, cancellationToken);
        foreach (var file in _files)
        {
            if (file.Position == 0) _isNewFile = true;
            try
            {
                foreach (var record in file.Read()) await SendAsync(_run, TensorEvent.Parse(record, _plugins), cancellationToken);
            }
            catch (InvalidDataException error) when (!_isSpoilt)
            {
                // The other files, and what stands before, are sent all the same.
                _isSpoilt = true;
                await Console.Error.WriteLineAsync($"tracker: {error.Message}");
            }
            catch (InvalidDataException)
            {
                // It is said once.
            }
        }
    }

    public async Task<int> FinishAsync()
    {
        var spoilt = _files.Sum(file => file.Spoilt);
        if (spoilt > 0) await Console.Error.WriteLineAsync($"tracker: {folder}: {spoilt} spoilt records left out");
        _files.ForEach(file => file.Dispose());
        if (_run is null) return 0;
        var exit = await _run.FinishAsync(_skipped);
        return _isSpoilt || spoilt > 0 ? Math.Max(exit, CommandException.Unreadable) : exit;
    }

    private async Task SendAsync(ImportedRun run, TensorEvent item, CancellationToken cancellationToken)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Clamp(item.WallTime * 1000, 0, 253_402_300_799_000));
        var isBack = item.Values.Count > 0 && _isNewFile && item.Step <= _lastStep;
        if (item.IsRestart || isBack) run.Restart(item.Step, time);
        if (item.Values.Count == 0) return;
        _isNewFile = false;
        _lastStep = item.Step;
        _scalars.Clear();
        foreach (var value in item.Values)
        {
            if (value.Scalar is { } scalar) _scalars.Add((value.Tag, scalar));
            else if (value.Histogram is { } histogram) await run.LogHistogramAsync(value.Tag, histogram.Edges, histogram.Counts, item.Step, time, cancellationToken);
            else _skipped++;
        }

        await run.LogAsync(item.Step, time, _scalars, cancellationToken);
    }
}
