using Tracker.Bench.Server;
using Tracker.Testing;

namespace Tracker.Bench.Load;

/// <summary>
/// Eleven million stored points: a run with one series of 1,000,000 and a run with 100 series of 100,000. Float32 values, regular steps,
/// a time with each point; every value is drawn anew, so that no compression finds a pattern that training would not have.
/// </summary>
internal sealed record Dataset(BenchServer Server, string LongRun, string WideRun, long EmptyBytes, long Points)
{
    public const string LongSeries = "train/loss";
    public const int LongPoints = 1_000_000;
    public const int WidePoints = 100_000;
    private const int LongSteps = 10_000;
    private const int WideSteps = 100;

    public static async Task<Dataset> CreateAsync(BenchServer server, CancellationToken cancel)
    {
        Bench.Note("storing 11,000,000 points for the figures that read them");
        var empty = await SizeAsync(server, cancel);
        var random = new Random(1);
        using var longWriter = new Writer(server.Address, await server.Http.CreateRunAsync("bench"), "long");
        using var wideWriter = new Writer(server.Address, await server.Http.CreateRunAsync("bench"), "wide");
        await Loads.OnThread(() => Fill(longWriter, [LongSeries], LongSteps, LongPoints));
        await Loads.OnThread(() => Fill(wideWriter, SeriesNames.Hundred, WideSteps, WidePoints));
        await server.SettleAsync([longWriter.Run, wideWriter.Run], cancel);
        await Loads.CheckAsync(server, [longWriter, wideWriter]);
        return new Dataset(server, longWriter.Run, wideWriter.Run, empty, longWriter.Acknowledged + wideWriter.Acknowledged);

        void Fill(Writer writer, string[] names, int steps, int points)
        {
            while (writer.NextStep < BatchBody.FirstStep + points)
            {
                writer.Send(new BatchBody(writer.Name, names, steps, writer.NextStep, (name, step) => SeriesNames.Value(name, step - BatchBody.FirstStep, random)));
            }
        }
    }

    /// <summary>Bytes of the whole database: all tables, their indexes, everything.</summary>
    public static async Task<long> SizeAsync(BenchServer server, CancellationToken cancel)
    {
        await using var command = server.Database.CreateCommand("select pg_database_size(current_database())");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
