namespace Tracker.Client.Surroundings;

/// <summary>The state of the checkout that a run was started in.</summary>
internal static class GitFacts
{
    private const int LongestDiff = 512 * 1024;

    /// <summary>Logs an event <c>git</c> and, where files differ from the commit, one <c>git-diff</c>. Nothing outside of a checkout.</summary>
    public static async Task LogAsync(Action<TrackerEvent> log, CancellationToken cancellationToken)
    {
        if (await GitAsync(cancellationToken, "rev-parse", "HEAD").ConfigureAwait(false) is not { } commit) return;
        var branch = await GitAsync(cancellationToken, "rev-parse", "--abbrev-ref", "HEAD").ConfigureAwait(false);
        var remote = await GitAsync(cancellationToken, "config", "--get", "remote.origin.url").ConfigureAwait(false);
        var root = await GitAsync(cancellationToken, "rev-parse", "--show-toplevel").ConfigureAwait(false);
        var diff = await Tool.OutputAsync("git", ["diff", "HEAD", "--no-color", "--no-ext-diff"], cancellationToken).ConfigureAwait(false) ?? "";
        log(new TrackerEvent
        {
            Kind = TrackerEventKind.Env,
            Name = "git",
            Data = new Dictionary<string, object?> { ["commit"] = commit, ["branch"] = branch, ["remote"] = remote is null ? null : WithoutSecret(remote), ["root"] = root, ["changed"] = diff.Length > 0 },
        });
        if (diff.Length == 0) return;
        log(new TrackerEvent
        {
            Kind = TrackerEventKind.Env,
            Name = "git-diff",
            Data = new Dictionary<string, object?> { ["diff"] = diff.Length > LongestDiff ? diff[..LongestDiff] : diff, ["cut"] = diff.Length > LongestDiff },
        });
    }

    /// <summary>An address without the user and password that some carry.</summary>
    internal static string WithoutSecret(string remote) =>
        Uri.TryCreate(remote, UriKind.Absolute, out var address) && address.UserInfo.Length > 0 ? remote.Replace(address.UserInfo + "@", "", StringComparison.Ordinal) : remote;

    private static async Task<string?> GitAsync(CancellationToken cancellationToken, params string[] arguments) =>
        (await Tool.OutputAsync("git", arguments, cancellationToken).ConfigureAwait(false))?.Trim() is { Length: > 0 } text ? text : null;
}
