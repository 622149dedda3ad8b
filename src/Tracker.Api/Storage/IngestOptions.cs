using System.ComponentModel.DataAnnotations;

namespace Tracker.Api.Storage;

/// <summary>How much may wait in memory: the section <c>Ingest</c> of the configuration.</summary>
public sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>Megabytes of batches between their receipt and their commit, whatever protocol brought them; beyond it clients are told to come again. Default: 128; from 1 to 65,536.</summary>
    [Range(1, 65_536, ErrorMessage = "Ingest:WaitingMegabytes must lie between 1 and 65536.")]
    public long WaitingMegabytes { get; init; } = 128;

    /// <summary>Megabytes of points that wait for their chunk, of all runs together; beyond it the runs that hold most are compacted before their time. Default: 128; from 1 to 65,536.</summary>
    [Range(1, 65_536, ErrorMessage = "Ingest:TailMegabytes must lie between 1 and 65536.")]
    public long TailMegabytes { get; init; } = 128;
}
