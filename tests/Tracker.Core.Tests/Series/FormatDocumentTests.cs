using System.Text.RegularExpressions;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

/// <summary>The worked examples of docs/format.md are what the code writes and reads.</summary>
public sealed partial class FormatDocumentTests
{
    [Fact]
    public void The_journal_record_of_the_document_is_what_the_code_writes_and_reads()
    {
        var example = Example("journal");
        var batch = new LogBatch
        {
            Scalars =
            [
                new ScalarColumn("train/loss", [10, 20, 30], [1000, 1100, 1203], [0.5, 0.25, double.NaN]) { SeriesId = 0 },
                new ScalarColumn("lr", [10, 20, 30], [1000, 1100, 1203], [0.1, 0.1, 0.1]) { SeriesId = 1 },
            ],
            Histograms = [new HistogramPoint { Name = "grads/fc1", SeriesId = 2, Step = 30, Time = 1203, Edges = [-1, 0, 1], Counts = [200, 3] }],
            Events = [new RunEvent { Kind = "note", Name = "hi", Time = 1203, Data = "{}" }],
        };
        Convert.ToHexStringLower(JournalCodec.Encode(batch)).ShouldBe(Convert.ToHexStringLower(example));

        var decoded = JournalCodec.Decode(example);
        decoded.Scalars.Count.ShouldBe(2);
        decoded.Scalars[0].ShouldBeSame(batch.Scalars[0]);
        decoded.Scalars[1].ShouldBeSame(batch.Scalars[1]);
        decoded.Histograms.ShouldHaveSingleItem().ShouldBeSame(batch.Histograms[0]);
        decoded.Events.ShouldHaveSingleItem().Name.ShouldBe("hi");
    }

    [Fact]
    public void The_chunk_of_the_document_is_what_the_code_writes_and_reads()
    {
        var example = Example("chunk");
        var chunk = new ScalarChunk(
            [10, 20, 30, 30, 40],
            [1000, 1100, 1203, 1301, 1400],
            [0.5, 0.25, double.NaN, 2, 1],
            [new BatchRun(7, 0, 3), new BatchRun(8, 1, 2)]);
        Convert.ToHexStringLower(ScalarChunkCodec.Encode(chunk)).ShouldBe(Convert.ToHexStringLower(example));

        var decoded = ScalarChunkCodec.Decode(example);
        decoded.Steps.ShouldBe(chunk.Steps);
        decoded.Times.ShouldBe(chunk.Times);
        decoded.Values.ShouldBeBitwise(chunk.Values);
        decoded.Batches.ShouldBe(chunk.Batches);
    }

    /// <summary>The bytes of a fenced block that begins with <c>```hex NAME</c>; what follows a # on a line is a remark.</summary>
    private static byte[] Example(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tracker.sln"))) folder = folder.Parent;
        var document = File.ReadAllText(Path.Combine(folder.ShouldNotBeNull().FullName, "docs", "format.md"));
        var block = Regex.Match(document, $"```hex {name}\n(?<hex>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
        block.Success.ShouldBeTrue();
        return Convert.FromHexString(Blank().Replace(Remark().Replace(block.Groups["hex"].Value, ""), ""));
    }

    [GeneratedRegex("#[^\n]*", RegexOptions.None, 5000)]
    private static partial Regex Remark();

    [GeneratedRegex(@"\s+", RegexOptions.None, 5000)]
    private static partial Regex Blank();
}
