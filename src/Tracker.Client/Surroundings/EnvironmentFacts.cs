using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tracker.Client.Surroundings;

/// <summary>Where the process runs and what it is made of.</summary>
internal static partial class EnvironmentFacts
{
    private const int MostPackages = 500;
    private const string Hidden = "***";

    public static Dictionary<string, object?> Read(int rank) => new()
    {
        ["host"] = Environment.MachineName,
        ["pid"] = Environment.ProcessId,
        ["rank"] = rank,
        ["platform"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["client"] = typeof(EnvironmentFacts).Assembly.GetName().Version?.ToString(3),
        ["processors"] = Environment.ProcessorCount,
        ["memory"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["program"] = Assembly.GetEntryAssembly()?.GetName().Name,
        ["command"] = WithoutSecrets(Environment.GetCommandLineArgs()),
        ["folder"] = Environment.CurrentDirectory,
        ["packages"] = Packages(),
    };

    /// <summary>Values of arguments whose names speak of keys, tokens and passwords are replaced.</summary>
    internal static string[] WithoutSecrets(IReadOnlyList<string> arguments)
    {
        var shown = new string[arguments.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            var argument = arguments[i];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Secret().IsMatch(argument[..equals])) shown[i] = argument[..(equals + 1)] + Hidden;
            else shown[i] = i > 0 && equals < 0 && arguments[i - 1].StartsWith('-') && Secret().IsMatch(arguments[i - 1]) ? Hidden : argument;
        }

        return shown;
    }

    /// <summary>Of the program's <c>.deps.json</c>; where there is none (a single file, native AOT), the assemblies that are loaded.</summary>
    private static Dictionary<string, string> Packages()
    {
        var packages = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (var file in (AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Take(1))
            {
                using var json = JsonDocument.Parse(File.ReadAllBytes(file));
                foreach (var library in json.RootElement.GetProperty("libraries").EnumerateObject())
                {
                    if (library.Value.GetProperty("type").GetString() == "package" && library.Name.Split('/') is [var name, var version]) packages[name] = version;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not worth more than what the next lines find.
        }

        if (packages.Count == 0)
        {
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetName()))
            {
                if (assembly is { Name: { } name, Version: { } version } && !name.StartsWith("System.", StringComparison.Ordinal)) packages[name] = version.ToString();
            }
        }

        return packages.Take(MostPackages).ToDictionary();
    }

    [GeneratedRegex("key|token|secret|passw|pwd|credential", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
