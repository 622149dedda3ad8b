using System.Diagnostics;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>Programs of the machine that some tests need.</summary>
internal static class Tool
{
    /// <summary>The first of these programs that the PATH or the given places have. When none is there the test says so: skipped at home, failed on the build server.</summary>
    public static string Find(string what, params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var found = names.SelectMany(name => Path.IsPathRooted(name) ? [name] : folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (found is not null) return found;

        var message = $"{what} is not installed on this machine ({string.Join(", ", names)}).";
        if (Repository.IsCi) Assert.Fail(message);
        Assert.Skip(message);
        throw new UnreachableException();
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>The exit code, and standard output and standard error in the order of their lines.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        var output = new List<string>();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        lock (output) return (process.ExitCode, string.Join('\n', output));

        void Note(string? line)
        {
            if (line is null) return;
            lock (output) output.Add(line);
        }
    }
}
