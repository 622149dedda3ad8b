using System.Runtime.CompilerServices;
using Tracker.Client.Tests;
using Tracker.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
[assembly: AssemblyFixture(typeof(SpoolOfTheTests))]

namespace Tracker.Client.Tests;

/// <summary>Runs of the tests keep nothing in the user's own spool.</summary>
public sealed class SpoolOfTheTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(Path.GetTempPath(), $"tracker-client-tests-{Environment.ProcessId}");

    [ModuleInitializer]
    internal static void Set() => Environment.SetEnvironmentVariable("TRACKER_SPOOL", s_folder);

    public void Dispose()
    {
        if (Directory.Exists(s_folder)) Directory.Delete(s_folder, recursive: true);
    }
}
