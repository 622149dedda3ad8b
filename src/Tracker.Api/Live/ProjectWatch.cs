namespace Tracker.Api.Live;

/// <summary>One browser that wants the changes of a project: of all its runs, or of one.</summary>
internal sealed class ProjectWatch(LiveConnection connection, long projectKey, string? run)
{
    public LiveConnection Connection => connection;

    public long ProjectKey => projectKey;

    public bool Wants(string id) => run is null || run == id;
}
