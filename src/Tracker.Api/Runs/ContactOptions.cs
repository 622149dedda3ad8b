using System.ComponentModel.DataAnnotations;

namespace Tracker.Api.Runs;

/// <summary>After what silence a run counts as lost: the section <c>Runs</c> of the configuration.</summary>
public sealed class ContactOptions
{
    public const string Section = "Runs";

    /// <summary>Silence after which a run is lost whose writers send signs of life, as the SDKs do every second. Default: 1 min; from 1 s to 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "Runs:LostAfter must lie between 00:00:01 and 7.00:00:00.")]
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Silence after which a run is lost that has never sent a sign of life but its batches: a script that logs once an epoch is not lost in between.
    /// Default: 30 min; from 1 s to 30 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ErrorMessage = "Runs:LostAfterWithoutHeartbeat must lie between 00:00:01 and 30.00:00:00.")]
    public TimeSpan LostAfterWithoutHeartbeat { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Time for which a run that lives logs nothing, after which its journal says so, and again at each doubling; whether that is long for the run the
    /// analyzer judges. Default: 5 min; from 1 s to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Runs:SilentAfter must lie between 00:00:01 and 1.00:00:00.")]
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromMinutes(5);
}
