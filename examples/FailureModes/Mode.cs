namespace FailureModes;

/// <summary>One way to train: healthy, or with one thing wrong.</summary>
internal sealed record Mode(string Name, string Shows)
{
    public IReadOnlyList<int> Hidden { get; init; } = [64, 32];

    public Activation Activation { get; init; } = Activation.Relu;

    public float LearningRate { get; init; } = 0.05f;

    public int BatchSize { get; init; } = 32;

    /// <summary>Training samples used; null: all.</summary>
    public int? Examples { get; init; }

    public double? MaxGradNorm { get; init; }

    /// <summary>Pixels are multiplied by this; 1 leaves them between 0 and 1.</summary>
    public float InputScale { get; init; } = 1;

    public Loss.Function Loss { get; init; } = FailureModes.Loss.CrossEntropy;

    /// <summary>Part of each weight that is taken away with each step, times the rate.</summary>
    public float WeightDecay { get; init; }

    /// <summary>First weights are multiplied by this.</summary>
    public float InitScale { get; init; } = 1;

    /// <summary>Share of the units of the first layer that begin dead: their bias is far below zero.</summary>
    public double DeadShare { get; init; }

    /// <summary>Share of the training after which the rate is divided by ten; null: it is constant.</summary>
    public double? RateDropsAt { get; init; }

    public float RateAt(int step, int steps) => RateDropsAt is { } share && step >= share * steps ? LearningRate / 10 : LearningRate;

    public static IReadOnlyList<Mode> All { get; } =
    [
        new("healthy", "learns well: nothing to report"),
        new("lr-10", "learning rate 10: the loss explodes, then stays where it fell") { LearningRate = 10 },
        new("lr-1e-6", "learning rate 1e-6: a plateau from the first step") { LearningRate = 1e-6f },
        new("100-examples", "100 training samples: learnt by heart, validation gets worse") { Examples = 100, LearningRate = 0.1f },
        new("ten-sigmoid", "ten sigmoid layers: the gradient vanishes on its way down")
        {
            Hidden = [32, 32, 32, 32, 32, 32, 32, 32, 32, 32],
            Activation = Activation.Sigmoid,
        },
        new("clip-0.05", "max_grad_norm 0.05: clipped in nearly every step, slow") { MaxGradNorm = 0.05, LearningRate = 0.1f },
        new("log-zero", "cross-entropy without a clamp: learns, grows sure of itself, log(0), then NaN for ever")
        {
            InputScale = 2,
            LearningRate = 1,
            Loss = FailureModes.Loss.BinaryCrossEntropyByTheBook,
        },
        new("oscillating", "one layer, batches of 8, rate 5: the loss swings and does not settle") { Hidden = [], LearningRate = 5, BatchSize = 8 },
        new("schedule-kick", "the rate drops to a tenth half way: the loss falls at once, as it should") { LearningRate = 0.15f, BatchSize = 4, RateDropsAt = 0.5 },
        new("underfitting", "one hidden unit for ten classes: training and validation flatten early, high and together")
        {
            Hidden = [1],
            Activation = Activation.Sigmoid,
            LearningRate = 0.1f,
            WeightDecay = 0.003f,
        },
        new("100-cured", "100 training samples with weight decay: the cure beside the disease") { Examples = 100, LearningRate = 0.1f, WeightDecay = 0.02f },
        new("exploding", "six layers with weights three times too large: gradients explode on their way down")
        {
            Hidden = [32, 32, 32, 32, 32, 32],
            InitScale = 3,
            LearningRate = 1e-7f,
        },
        new("dead-units", "nine of ten units of the first layer are dead: the loss goes down all the same, to a ceiling") { DeadShare = 0.9 },
    ];
}
