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
    ];
}
