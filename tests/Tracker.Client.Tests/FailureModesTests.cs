using System.Buffers.Binary;
using FailureModes;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>Each mode of the example really shows what it is there for.</summary>
public sealed class FailureModesTests
{
    private const double Chance = 2.302585;

    [Fact]
    public async Task Healthy_learns_and_keeps_what_it_learnt()
    {
        var result = await TrainAsync("healthy");
        result.State.ShouldBe(TrackerFinishState.Finished);
        result.ValidationAccuracy.ShouldBeGreaterThan(0.9);
        result.LastValidationLoss.ShouldBeLessThan(result.BestValidationLoss * 1.2);
    }

    [Fact]
    public async Task A_rate_of_ten_ends_at_chance()
    {
        var result = await TrainAsync("lr-10");
        result.LastLoss.ShouldBeGreaterThan(Chance * 0.8);
        result.ValidationAccuracy.ShouldBeLessThan(0.2);
    }

    [Fact]
    public async Task A_rate_of_one_in_a_million_goes_nowhere()
    {
        var result = await TrainAsync("lr-1e-6");
        (result.LastValidationLoss / result.BestValidationLoss).ShouldBe(1, 0.01);
        result.LastValidationLoss.ShouldBeGreaterThan(Chance);
    }

    [Fact]
    public async Task A_hundred_samples_are_learnt_by_heart_while_validation_gets_worse()
    {
        var result = await TrainAsync("100-examples");
        result.LastLoss.ShouldBeLessThan(0.01);
        result.LastValidationLoss.ShouldBeGreaterThan(result.BestValidationLoss * 1.1);
    }

    [Fact]
    public async Task Ten_sigmoid_layers_do_not_learn()
    {
        var result = await TrainAsync("ten-sigmoid", steps: 500);
        result.BestValidationLoss.ShouldBe(Chance, 0.02);
        result.ValidationAccuracy.ShouldBeLessThan(0.2);
    }

    [Fact]
    public async Task A_small_threshold_clips_more_than_four_steps_in_five_and_learning_goes_on()
    {
        var result = await TrainAsync("clip-0.05");
        result.ClippedShare!.Value.ShouldBeGreaterThan(0.8);
        result.LastValidationLoss.ShouldBeLessThan(result.FirstLoss / 2);
    }

    [Fact]
    public async Task Without_a_clamp_a_network_that_learnt_well_ends_in_NaN()
    {
        var result = await TrainAsync("log-zero", steps: 3_000);
        result.State.ShouldBe(TrackerFinishState.Failed);
        result.FirstNonFinite!.Value.ShouldBeGreaterThan(100);
        result.BestValidationLoss.ShouldBeLessThan(0.1);
    }

    [Fact]
    public async Task Weight_decay_cures_what_a_hundred_samples_do()
    {
        var (disease, cure) = (await TrainAsync("100-examples"), await TrainAsync("100-cured"));
        (cure.LastValidationLoss / cure.BestValidationLoss).ShouldBeLessThan(disease.LastValidationLoss / disease.BestValidationLoss);
        cure.LastLoss.ShouldBeGreaterThan(disease.LastLoss * 10);
    }

    [Fact]
    public async Task One_unit_is_too_few_and_dead_units_are_a_ceiling()
    {
        var (healthy, few, dead) = (await TrainAsync("healthy"), await TrainAsync("underfitting"), await TrainAsync("dead-units"));
        few.LastLoss.ShouldBeGreaterThan(healthy.LastLoss * 5);
        (few.LastValidationLoss / few.LastLoss).ShouldBeInRange(0.5, 2);
        dead.LastValidationLoss.ShouldBeGreaterThan(healthy.LastValidationLoss * 1.2);
    }

    [Fact]
    public async Task The_kick_of_the_schedule_lowers_the_loss()
    {
        var (before, after) = (await TrainAsync("schedule-kick", steps: 1_000), await TrainAsync("schedule-kick", steps: 2_000));
        after.LastValidationLoss.ShouldBeLessThan(before.FirstLoss / 4);
        after.ValidationAccuracy.ShouldBeGreaterThan(0.85);
    }

    [Fact]
    public async Task Weights_three_times_too_large_make_the_loss_huge() => (await TrainAsync("exploding", steps: 50)).FirstLoss.ShouldBeGreaterThan(100);

    [Fact]
    public async Task The_same_seed_gives_the_same_training() =>
        (await TrainAsync("healthy", steps: 100)).ShouldBe(await TrainAsync("healthy", steps: 100));

    [Fact]
    public async Task A_recorded_run_holds_every_step_and_its_config()
    {
        using var folder = new TemporaryFolder();
        var set = DataSet.Digits();
        await new Session(new Plan(50, 1, TimeSpan.Zero), set, "tests", null, isSent: false, new DirectoryInfo(folder.Path))
            .RunAsync(Mode.All.Where(mode => mode.Name == "clip-0.05"), TestContext.Current.CancellationToken);
        await using var file = new System.IO.Compression.GZipStream(File.OpenRead(folder["clip-0.05.jsonl.gz"]), System.IO.Compression.CompressionMode.Decompress);
        var lines = (await new StreamReader(file).ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd().Split('\n');
        lines[0].ShouldContain("\"max_grad_norm\":0.05");
        lines.Length.ShouldBe(1 + 51);
        lines[1].ShouldContain("\"histograms\":{\"activations/fc1\":{\"edges\":[");
    }

    [Fact]
    public void Idx_files_are_read_as_images_and_classes()
    {
        using var folder = new TemporaryFolder();
        WriteIdx(folder["train-images-idx3-ubyte"], 0x803, [3, 2, 2], [0, 51, 102, 255, 0, 0, 0, 0, 255, 255, 255, 255]);
        WriteIdx(folder["train-labels-idx1-ubyte"], 0x801, [3], [7, 0, 9]);
        WriteIdx(folder["t10k-images-idx3-ubyte"], 0x803, [1, 2, 2], [255, 0, 0, 0]);
        WriteIdx(folder["t10k-labels-idx1-ubyte"], 0x801, [1], [4]);
        var set = DataSet.Idx(folder.Path);
        set.Train.Width.ShouldBe(4);
        set.Train.Classes.ShouldBe([7, 0, 9]);
        set.Train.Row(0).ToArray().ShouldBe([0, 0.2f, 0.4f, 1]);
        set.Validation.Classes.ShouldBe([4]);
    }

    private static async Task<TrainingResult> TrainAsync(string name, int steps = 1_500)
    {
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Mode = TrackerMode.Disabled }, TestContext.Current.CancellationToken);
        var mode = Mode.All.Single(mode => mode.Name == name);
        var training = new Training(mode, new Plan(steps, 1, TimeSpan.Zero), DataSet.Digits(), new RunLog(run, null));
        return await training.RunAsync(TestContext.Current.CancellationToken);
    }

    private static void WriteIdx(string path, int magic, int[] sizes, byte[] content)
    {
        var bytes = new byte[4 + (4 * sizes.Length) + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, magic);
        for (var i = 0; i < sizes.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * i)), sizes[i]);
        content.CopyTo(bytes, 4 + (4 * sizes.Length));
        File.WriteAllBytes(path, bytes);
    }
}
