using Tracker.Client;

// Logs a step a millisecond until it ends in the way that it was told: "loop" never does by itself.
var (id, end) = (args[0], args[1]);
var run = await TrackerRun.StartAsync(new TrackerRunOptions { Id = id, Project = "trainer", FlushInterval = TimeSpan.FromMilliseconds(20) });
Console.WriteLine($"run {run.Id}");
for (var step = 0; end == "loop" || step < 50; step++)
{
    run.Log(step, ("train/loss", 1.0 / (step + 1)), ("lr", 0.1));
    await Task.Delay(1);
}

switch (end)
{
    case "throw": new Thread(() => throw new InvalidOperationException("out of luck")).Start(); break;
    case "exit": Environment.Exit(3); break;
    case "dispose": await run.DisposeAsync(); break;
    default: break;
}

if (end == "throw") await Task.Delay(Timeout.Infinite);
