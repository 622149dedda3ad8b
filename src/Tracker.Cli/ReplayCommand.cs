using System.CommandLine;

namespace Tracker.Cli;

/// <summary><c>tracker replay FILE… [--server URL] [--speed N] [--project P] [--json]</c>: recorded runs, sent as live ones would be.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Recorded runs, plain or gzip; several run side by side.", Arity = ArgumentArity.OneOrMore };
        var server = new Option<Uri?>("--server") { Description = "Address of the server. Default: TRACKER_URL, else http://127.0.0.1:5080.", CustomParser = Address };
        var speed = new Option<double>("--speed")
        {
            Description = "Times faster than it was recorded; 0 or max: as fast as the server takes it.",
            DefaultValueFactory = _ => 1,
            CustomParser = result => result.Tokens[0].Value == "max" ? 0 : Number(result),
        };
        var project = new Option<string?>("--project") { Description = "Project of the runs. Default: TRACKER_PROJECT, else replay." };
        var json = new Option<bool>("--json") { Description = "Print one JSON line per run when it has been sent, and nothing else." };
        var command = new Command("replay", "Send recorded runs to a server as live runs would be sent.") { files, server, speed, project, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var replay = new Replay(parsed.GetValue(server), parsed.GetValue(project), parsed.GetValue(speed), parsed.GetValue(json));
            return replay.RunAsync(parsed.GetValue(files)!, cancellationToken);
        });
        return command;
    }

    private static double Number(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (double.TryParse(result.Tokens[0].Value, out var speed) && double.IsFinite(speed) && speed >= 0) return speed;
        result.AddError($"--speed is a number of 0 or more, or max; '{result.Tokens[0].Value}' is not.");
        return 1;
    }

    internal static Uri? Address(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
        result.AddError($"'{result.Tokens[0].Value}' is not an http or https address.");
        return null;
    }
}
