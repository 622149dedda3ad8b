using System.ComponentModel;
using System.Diagnostics;

namespace Tracker.Client.Surroundings;

/// <summary>Runs a small program for its output. Whatever goes wrong is null: nothing here is worth troubling a training.</summary>
internal static class Tool
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static async Task<string?> OutputAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Looking must not get in the way of somebody's commit.
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        try
        {
            using var process = Process.Start(start);
            if (process is null) return null;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            try
            {
                process.StandardInput.Close();
                var errors = process.StandardError.ReadToEndAsync(patience.Token);
                var output = await process.StandardOutput.ReadToEndAsync(patience.Token).ConfigureAwait(false);
                await errors.ConfigureAwait(false);
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
                return process.ExitCode == 0 ? output : null;
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }
        catch (Exception error) when (error is Win32Exception or IOException or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }
}
