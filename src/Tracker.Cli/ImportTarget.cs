using System.Security.Cryptography;
using System.Text;

namespace Tracker.Cli;

/// <summary>Where imported runs go.</summary>
/// <param name="Server">Its address.</param>
/// <param name="GivenProject">By option; null: by the environment.</param>
/// <param name="Run">Id of the one run; null: made of what is imported, so that the same thing is the same run.</param>
/// <param name="IsJson">Lines of JSON instead of sentences.</param>
internal sealed record ImportTarget(Uri Server, string? GivenProject, string? Run, bool IsJson)
{
    public string Project { get; } = GivenProject ?? (Environment.GetEnvironmentVariable("TRACKER_PROJECT") is { Length: > 0 } project ? project : "imported");

    /// <param name="source">Such as <c>csv</c>.</param>
    /// <param name="identity">What tells one run of this source from all others.</param>
    public string RunOf(string source, params ReadOnlySpan<string> identity)
    {
        if (Run is not null) return Run;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [source, Project, .. identity])));
        return $"{source}-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }
}
