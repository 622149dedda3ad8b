using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>A chunk as its row describes it, without its bytes.</summary>
/// <param name="SeriesId">Number of the series in its run.</param>
/// <param name="Number">Rises with the canonical order of the points.</param>
/// <param name="Points">How many.</param>
/// <param name="FirstStep">The least step.</param>
/// <param name="LastStep">The greatest step.</param>
/// <param name="FirstTime">The least time, Unix milliseconds; null in rows written before it was kept.</param>
/// <param name="LastTime">The greatest time; null likewise.</param>
/// <param name="Summary">What a chart of wide columns needs; null likewise.</param>
public sealed record StoredChunk(int SeriesId, int Number, int Points, long FirstStep, long LastStep, long? FirstTime, long? LastTime, ChunkSummary? Summary);
