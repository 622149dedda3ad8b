namespace Tracker.Api.Storage;

/// <summary>
/// The name under which this node holds leases. A server with a private database is alone by construction, so it keeps one name over
/// restarts and takes up its own leases at once; nodes of a shared database take a new name at each start, with the process id for people who look into <c>leases</c>.
/// </summary>
public sealed record NodeIdentity(string Name)
{
    public static NodeIdentity Create(bool privateDatabase) =>
        new(privateDatabase ? "embedded" : $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}");
}
