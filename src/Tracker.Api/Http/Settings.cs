using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Tracker.Api.Http;

/// <summary>
/// All settings there are, so that one whose name is wrong is told at start instead of doing nothing: <c>Access:Proxy:UserHeadr</c> would leave people outside, or let them in.
/// </summary>
public sealed class Settings
{
    private const int Near = 2;
    private const string Prefix = "TRACKER_";

    /// <summary>Sections without a class of their own.</summary>
    private static readonly string[] Single = ["ConnectionStrings:Tracker", "ConnectionStrings:TrackerDirect", "ConnectionStrings:TrackerReplica", "Logs:Format", "Logs:File", "Shutdown:DrainSeconds"];

    /// <summary>Those by variable only; the clients' (<c>TRACKER_URL</c>, …) may be set beside them.</summary>
    private static readonly string[] Variables =
    [
        "TRACKER_ADMIN_KEY_FILE", "TRACKER_DATA", "TRACKER_GRPC_URL", "TRACKER_KEYS", "TRACKER_POSTGRES_BIN", "TRACKER_POSTGRES_PASSWORD_FILE", "TRACKER_WAL_ARCHIVE",
    ];

    private readonly HashSet<string> names = new(Single, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> lists = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> sections = new(Single.Select(name => name[..name.IndexOf(':', StringComparison.Ordinal)]), StringComparer.OrdinalIgnoreCase);

    public Settings() => Add("Kestrel:Limits", typeof(KestrelServerLimits));

    /// <summary>Adds the settings of an options class.</summary>
    public void Add(string section, Type options)
    {
        ArgumentNullException.ThrowIfNull(options);
        sections.Add(section);
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = $"{section}:{property.Name}";
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type != typeof(string) && type.IsAssignableTo(typeof(System.Collections.IEnumerable))) lists.Add(name);
            else if (type == typeof(string) || type.IsPrimitive || type.IsEnum || type == typeof(TimeSpan)) names.Add(name);
            else Add(name, type);
        }
    }

    /// <summary>What is set and means nothing, a sentence each; values are not told, they may be secrets.</summary>
    public IReadOnlyList<string> Unknown(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        List<string> unknown = [];
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            // An empty section, or the head of one that has values below.
            if (value is null || (value.Length == 0 && (sections.Contains(key) || lists.Contains(key)))) continue;
            if (Judge(key) is { } sentence) unknown.Add(sentence);
        }

        unknown.Sort(StringComparer.Ordinal);
        return unknown;
    }

    private string? Judge(string key)
    {
        if (names.Contains(key) || lists.Any(list => key.StartsWith(list + ":", StringComparison.OrdinalIgnoreCase))) return null;
        if (key.StartsWith("Tracker:", StringComparison.OrdinalIgnoreCase)) return $"{key} is not a setting: their names have no \"Tracker\" before them{Instead(key[8..])}.";
        if (key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return Variables.Contains(key, StringComparer.OrdinalIgnoreCase) ? null : Nearest(key, Variables) is { } variable ? $"{key} is not a setting; is {variable} meant?" : null;
        if (sections.Any(section => key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase) || key.Equals(section, StringComparison.OrdinalIgnoreCase))) return $"{key} is not a setting{Instead(key)}.";
        // Another program's section, unless it is one of ours but for a letter or two.
        return key.Contains(':', StringComparison.Ordinal) && Nearest(key, names) is { } name ? $"{key} is not a setting; is {name} meant?" : null;
    }

    private string Instead(string key) => names.Contains(key) ? $"; write {key}" : Nearest(key, names, most: 4) is { } name ? $"; is {name} meant?" : " (docs/operations.md lists them)";

    private static string? Nearest(string key, IEnumerable<string> among, int most = Near)
    {
        var best = among.Select(name => (Name: name, Distance: Distance(key.ToUpperInvariant(), name.ToUpperInvariant()))).MinBy(pair => pair.Distance);
        return best.Distance <= most ? best.Name : null;
    }

    /// <summary>Letters to change, add or take away to make one of the other (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}

public static class SettingsSetup
{
    /// <summary>Binds a section of the configuration to its class, checked at start, its names among the known ones.</summary>
    public static OptionsBuilder<TOptions> AddSection<TOptions>(this WebApplicationBuilder builder, string section)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        Known(builder.Services).Add(section, typeof(TOptions));
        return builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
    }

    /// <exception cref="OptionsValidationException">Something is set that means nothing.</exception>
    public static void CheckSettings(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (Known(builder.Services).Unknown(builder.Configuration) is { Count: > 0 } unknown) throw new OptionsValidationException("settings", typeof(Settings), unknown);
    }

    private static Settings Known(IServiceCollection services)
    {
        if (services.FirstOrDefault(service => service.ServiceType == typeof(Settings))?.ImplementationInstance is Settings known) return known;
        services.AddSingleton(known = new Settings());
        return known;
    }
}
