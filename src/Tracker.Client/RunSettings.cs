using System.Buffers;
using System.Security.Cryptography;

namespace Tracker.Client;

/// <summary>The options with the environment and the defaults filled in, checked.</summary>
internal sealed class RunSettings
{
    private const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    private static readonly SearchValues<char> s_idCharacters = SearchValues.Create(IdCharacters);

    private readonly Action<string> _report;

    private RunSettings(TrackerRunOptions options)
    {
        Options = options;
        Project = FirstOf(options.Project, "TRACKER_PROJECT") ?? "default";
        Id = options.Id ?? RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 12);
        Url = ParseUrl(options.Url?.OriginalString ?? FirstOf(null, "TRACKER_URL") ?? "http://127.0.0.1:5080");
        ApiKey = FirstOf(options.ApiKey, "TRACKER_API_KEY");
        Mode = options.Mode ?? ParseMode(FirstOf(null, "TRACKER_MODE"));
        // Under torchrun and its like each process has its rank; only a run that was given an id can be shared.
        int? rank = options.Rank ?? (options.Id is not null && int.TryParse(FirstOf(null, "RANK"), out var found) && found >= 0 ? found : null);
        Rank = rank ?? 0;
        // A random id is that of a new run, whatever the server says to an attempt that is repeated.
        Resume = options.Resume == TrackerResume.Never && (rank is not null || options.Id is null) ? TrackerResume.Allow : options.Resume;
        SpoolFolder = options.SpoolFolder ?? (Mode == TrackerMode.Offline ? Path.GetFullPath(TrackerSpool.OfflineFolder) : TrackerSpool.DefaultFolder);
        _report = options.Report ?? Console.Error.WriteLine;
    }

    public TrackerRunOptions Options { get; }

    public string Project { get; }

    public string Id { get; }

    /// <summary>Ends with a slash, so that relative addresses keep a path prefix.</summary>
    public Uri Url { get; }

    public string? ApiKey { get; }

    public TrackerMode Mode { get; }

    public int Rank { get; }

    public TrackerResume Resume { get; }

    /// <summary>Another process is the one that starts and ends the run.</summary>
    public bool Joins => Rank > 0;

    /// <summary>Stands before the names of series.</summary>
    public string Prefix => Rank > 0 ? $"rank{Rank}/" : "";

    /// <summary>Empty: nothing goes to disk.</summary>
    public string SpoolFolder { get; }

    public TimeSpan FinishTimeout => Options.FinishTimeout;

    public TrackerFinishState StateOnDispose => Options.StateOnDispose;

    public TimeProvider Clock => Options.Clock;

    public static RunSettings From(TrackerRunOptions options)
    {
        if (options.Id is { } id && (id.Length is 0 or > 64 || id.AsSpan().ContainsAnyExcept(s_idCharacters)))
            throw new ArgumentException($"A run's id is 1 to 64 of [A-Za-z0-9_.-]; '{id}' is not.", nameof(options));
        Check(options.FlushInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(options.FlushInterval));
        Check(options.HeartbeatInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(options.HeartbeatInterval));
        Check(options.FinishTimeout, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(options.FinishTimeout));
        if (options.MaxBufferedBytes < 1024 * 1024)
            throw new ArgumentException($"{nameof(options.MaxBufferedBytes)} is {options.MaxBufferedBytes}; it is at least 1 MiB.", nameof(options));
        if (options.MaxSpoolBytes < 0) throw new ArgumentException($"{nameof(options.MaxSpoolBytes)} is {options.MaxSpoolBytes}; it is not negative.", nameof(options));
        if (options.SystemInterval != TimeSpan.Zero) Check(options.SystemInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(options.SystemInterval));
        if (options is { Resume: TrackerResume.Must, Id: null }) throw new ArgumentException($"{nameof(options.Resume)} is Must; that needs the {nameof(options.Id)} of the run.", nameof(options));
        if (options.Rank is < 0) throw new ArgumentException($"{nameof(options.Rank)} is {options.Rank}; it is not negative.", nameof(options));
        return new RunSettings(options);
    }

    /// <summary>Tells the user; whatever their own code throws stays out of the sender.</summary>
    public void Report(string line)
    {
        try
        {
            _report(line);
        }
        catch (Exception)
        {
            // There is nobody left to tell.
        }
    }

    private static string? FirstOf(string? option, string variable) =>
        option ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    public static Uri ParseUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new ArgumentException($"The server's address '{text}' is not an http or https address.", nameof(text));

    private static TrackerMode ParseMode(string? text) => text?.ToLowerInvariant() switch
    {
        null or "online" => TrackerMode.Online,
        "offline" => TrackerMode.Offline,
        "disabled" => TrackerMode.Disabled,
        _ => throw new ArgumentException($"TRACKER_MODE '{text}' is none of online, offline, disabled.", nameof(text)),
    };

    private static void Check(TimeSpan value, TimeSpan least, TimeSpan greatest, string name)
    {
        if (value < least || value > greatest) throw new ArgumentException($"{name} is {value}; it lies between {least} and {greatest}.", name);
    }
}
