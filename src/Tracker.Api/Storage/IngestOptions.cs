using System.ComponentModel.DataAnnotations;

namespace Tracker.Api.Storage;

/// <summary>How much may wait for the database: the section <c>Ingest</c> of the configuration.</summary>
public sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>Megabytes of batches that may wait in memory for the database; beyond it clients are told to come again. Default: 128; from 1 to 65,536.</summary>
    [Range(1, 65_536, ErrorMessage = "Ingest:WaitingMegabytes must lie between 1 and 65536.")]
    public long WaitingMegabytes { get; init; } = 128;
}
