namespace Tracker.Cli.TensorBoard;

/// <summary>Sends the runs of a log directory, each folder with event files one, side by side when they are followed.</summary>
internal sealed class TensorBoardImport(ImportTarget target, string root, bool follow)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, RunFolder> _folders = new(StringComparer.Ordinal);

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(root)) throw new CommandException(CommandException.Unreadable, $"{root}: no such folder");
        using (var server = new Server(target.Server)) await server.CheckAsync(cancellationToken);
        using var bar = new ProgressBar(Path.GetFileName(Path.GetFullPath(root)), !target.IsJson && !follow);
        var exit = 0;
        try
        {
            do
            {
                var found = Find().ToList();
                if (target.Run is not null && found.Count > 1) throw new CommandException(CommandException.Incomplete, $"--run names one run, and {root} holds {found.Count}");
                foreach (var folder in found)
                {
                    if (!_folders.TryGetValue(folder, out var run)) _folders[folder] = run = new RunFolder(target, folder, NameOf(folder));
                    await run.ReadAsync(cancellationToken);
                    bar.Report((_folders.Values.Sum(f => f.Read), _folders.Values.Sum(f => f.Length)));
                }

                if (_folders.Count == 0 && !follow) throw new CommandException(CommandException.Unreadable, $"{root}: no event files (events.out.tfevents.*)");
                if (follow) await Task.Delay(s_look, cancellationToken);
            }
            while (follow);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the following; what was read is sent.
        }
        finally
        {
            bar.Dispose();
            foreach (var run in _folders.Values) exit = Math.Max(exit, await run.FinishAsync());
        }

        return exit;
    }

    private IEnumerable<string> Find() =>
        Directory.EnumerateFiles(root, "*tfevents*", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Distinct().Order(StringComparer.Ordinal);

    private string NameOf(string folder)
    {
        var relative = Path.GetRelativePath(root, folder);
        return relative == "." ? Path.GetFileName(Path.GetFullPath(root)) : relative.Replace(Path.DirectorySeparatorChar, '/');
    }
}
