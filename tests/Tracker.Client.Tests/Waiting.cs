using System.Diagnostics;
using Xunit;

namespace Tracker.Client.Tests;

public static class Waiting
{
    /// <summary>Returns once the condition holds; fails after a minute.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var time = Stopwatch.StartNew();
        while (!condition())
        {
            if (time.Elapsed > TimeSpan.FromMinutes(1)) throw new TimeoutException($"It never came true that {what}.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
