using System.CommandLine;
using System.Globalization;
using Tracker.Testing.Fuzz;

namespace Tracker.Bench;

/// <summary><c>bench -- fuzz --minutes 10</c>: what the tests do for seconds. Exits with 2 when a decoder fell over, and prints the input.</summary>
internal static class FuzzCommand
{
    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 5 };
        var seed = new Option<int?>("--seed") { Description = "To do the same again. Default: another each time." };
        var command = new Command("fuzz", "Bytes of strangers for every decoder.") { minutes, seed };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(seed) ?? Environment.TickCount, cancel)));
        return command;
    }

    private static int Run(TimeSpan time, int seed, CancellationToken cancel)
    {
        var fuzzer = new Fuzzer(seed);
        var findings = fuzzer.Run(Decoders.All(), time, cancel);
        foreach (var finding in findings) Console.Out.WriteLine($"{finding.Target}: {finding.What}\n  {finding.Input}");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fuzzer.Tried:N0} inputs with seed {seed}, {findings.Count} findings"));
        return findings.Count == 0 ? 0 : 2;
    }
}
