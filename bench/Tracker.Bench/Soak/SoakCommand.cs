using System.CommandLine;

namespace Tracker.Bench.Soak;

/// <summary><c>bench -- soak --minutes 180</c>.</summary>
internal static class SoakCommand
{
    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 60 };
        var every = new Option<double>("--kill-every") { Description = "Minutes between two kills of the server.", DefaultValueFactory = _ => 5 };
        var rate = new Option<double>("--rate") { Description = "Steps a second of each writer, 10 scalars each.", DefaultValueFactory = _ => 50 };
        var command = new Command("soak", "Both clients log for long while the server is killed and comes back: memory, cost of a call, every point once.") { minutes, every, rate };
        command.SetAction(async (parsed, cancel) =>
        {
            await new SoakFigures(TimeSpan.FromMinutes(parsed.GetValue(minutes)), TimeSpan.FromMinutes(parsed.GetValue(every)), parsed.GetValue(rate)).MeasureAsync(cancel);
            return 0;
        });
        return command;
    }
}
