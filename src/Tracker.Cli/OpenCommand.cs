using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Tracker.Cli;

/// <summary><c>tracker open [RUN] [--project P] [--print] [--json]</c>: a page of the dashboard, in the browser.</summary>
internal static class OpenCommand
{
    public static Command Create()
    {
        var run = new Argument<string?>("RUN") { Description = "Id of a run. Default: the dashboard's first page.", Arity = ArgumentArity.ZeroOrOne };
        var project = new Option<string?>("--project") { Description = "The page of a project instead." };
        var print = new Option<bool>("--print") { Description = "Only print the address." };
        var (server, json) = (Server.Option(), Server.Json("Only print the address, as JSON."));
        var command = new Command("open", "Open a run, a project or the dashboard in the browser.") { run, project, print, server, json };
        command.SetAction((parsed, cancel) => CommandException.GuardAsync(async () =>
        {
            using var asked = new Server(parsed.GetValue(server));
            var path = "/";
            if (parsed.GetValue(project) is { } name) path = $"/projects/{Uri.EscapeDataString(name)}";
            if (parsed.GetValue(run) is { } id) path = (string?)(await asked.GetAsync($"runs/{Uri.EscapeDataString(id)}", cancel))["url"] ?? $"/runs/{id}";
            var url = new Uri(asked.Address, path).ToString();
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { url }) : url);
            if (!parsed.GetValue(print) && !parsed.GetValue(json)) Show(url);
            return 0;
        }));
        return command;
    }

    private static void Show(string url)
    {
        try
        {
            using var browser = OperatingSystem.IsLinux() ? Process.Start(new ProcessStartInfo("xdg-open", [url]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })
                : OperatingSystem.IsMacOS() ? Process.Start("open", [url])
                : Process.Start(new ProcessStartInfo(url) { UseShellExecute = true });
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            // The address is printed; that has to do.
        }
    }
}
