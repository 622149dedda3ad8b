namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The run as detectors see it: its series by role, what its config says, its learning rate, and the guards.</summary>
internal sealed class RunContext
{
    /// <summary>Points of the loss after a resume in which nothing is judged by trend.</summary>
    private const int ResumeGracePoints = 50;
    private const int WarmPoints = 100;
    private const int EarlyPoints = 50;

    private readonly List<SeriesState>[] _byRole = Enum.GetValues<RoleKind>().Select(_ => new List<SeriesState>()).ToArray();
    private static readonly string[] NotDeep = ["norm", "bias", "emb", "tok", "pos", "ln_", "bn"];

    private readonly List<SeriesState> _deepLayers = [];
    private int _players;
    private int _generation;
    private long _resumeGrace;
    private long _step;
    private long _points;
    private double _earlyPeak = double.NegativeInfinity;
    private long _earlyPeakStep;

    public ConfigHints Hints { get; } = new();

    public RateState Rate { get; } = new();

    public SignalBoard Signals { get; } = new();

    /// <summary>The step being folded.</summary>
    public long Step => _step;

    /// <summary>Points folded, over all series.</summary>
    public long Points => _points;

    /// <summary>Counts resumes: a series that sees a new one may go back.</summary>
    public int Generation => _generation;

    /// <summary>The training loss that appeared first.</summary>
    public SeriesState? Loss => First(RoleKind.TrainLoss);

    public SeriesState? Gradient => First(RoleKind.GradNorm);

    /// <summary>The largest training loss among the first 50 points, infinite ones included.</summary>
    public double EarlyPeak => _earlyPeak;

    public long EarlyPeakStep => _earlyPeakStep;

    /// <summary>The learning rate now: as logged, else as configured.</summary>
    public double? LearningRate => Rate.IsLogged ? Rate.Last : Hints.LearningRate;

    /// <summary>The training has lost its parameters: three losses or gradient norms in a row are not finite.</summary>
    public bool IsPoisoned => Loss is { NonFiniteRun: >= 3 } || Gradient is { NonFiniteRun: >= 3 };

    /// <summary>ADVERSARIAL: losses of two players or of rewards, or a loss that changes its sign; trends of the loss mean nothing.</summary>
    public bool IsAdversarial =>
        Hints.IsAdversarial || First(RoleKind.Reward) is not null || Loss is { Min: < 0, Max: > 0 }
        || _players >= 2;

    /// <summary>RESUME: within 50 points of the loss after a restart.</summary>
    public bool JustResumed => _resumeGrace > 0;

    /// <summary>LRJUMP: the rate has just changed.</summary>
    public bool RateJustJumped => Rate.JustJumped;

    /// <summary>END: within the last twentieth of the steps that the config announces.</summary>
    public bool IsNearEnd => Progress is > 0.95;

    /// <summary>Share of the run that is done, or null where its length is unknown.</summary>
    public double? Progress => Hints.TotalSteps is { } total ? Math.Min(1, (_step + 1) / (double)total) : null;

    /// <summary>log(classes) where the loss may be a cross-entropy over known classes.</summary>
    public double? ChanceLoss => Hints.Classes is { } classes && Hints.MayBeCrossEntropy ? Math.Log(classes) : null;

    /// <summary>
    /// WARM: too early to judge. Before 100 points, before 2 % of the run, and while the rate still rises
    /// (for at most a quarter of the run, or 1,000 points where its length is unknown).
    /// </summary>
    public bool IsWarm(SeriesState series) =>
        series.Count < Window(series, WarmPoints)
        || (Hints.TotalSteps is { } total && _step < 0.02 * total)
        || (Rate.IsRising && (Hints.TotalSteps is { } all ? _step < 0.25 * all : series.Count < 1000));

    public int Window(SeriesState series, int points) => series.Window(points, Hints.TotalSteps);

    public SeriesState? First(RoleKind kind) => _byRole[(int)kind] is [var first, ..] ? first : null;

    /// <summary>All series of a role in order of appearance, ranks above 0 left out.</summary>
    public IReadOnlyList<SeriesState> All(RoleKind kind) => _byRole[(int)kind];

    /// <summary>Gradient norms of the layers in forward order; norms, embeddings and biases are left out.</summary>
    public IReadOnlyList<SeriesState> DeepLayers => _deepLayers;

    public void Enlist(SeriesState series)
    {
        if (series.Role is not { Rank: 0 } role) return;
        _byRole[(int)role.Kind].Add(series);
        if (role.Kind == RoleKind.LayerGradNorm && !Array.Exists(NotDeep, word => role.Scope.Contains(word, StringComparison.OrdinalIgnoreCase))) _deepLayers.Add(series);
        if (role is { Kind: RoleKind.PartLoss, Scope: "d" or "g" or "disc" or "gen" or "discriminator" or "generator" or "actor" or "critic" or "policy" or "value" }) _players++;
    }

    public void Resume()
    {
        _generation++;
        _resumeGrace = ResumeGracePoints;
    }

    /// <summary>Takes a point into the run's own state; detectors follow.</summary>
    public void Add(SeriesState series, long step, double value)
    {
        _step = step;
        _points++;
        series.Add(step, value, Hints.TotalSteps);
        if (series.Role is not { Rank: 0 } role) return;
        if (role.Kind == RoleKind.LearningRate && ReferenceEquals(series, First(RoleKind.LearningRate))) Rate.Add(step, value);
        if (role.Kind != RoleKind.TrainLoss || !ReferenceEquals(series, Loss)) return;
        if (_resumeGrace > 0) _resumeGrace--;
        if (series.Count > EarlyPoints || !(value > _earlyPeak)) return;
        (_earlyPeak, _earlyPeakStep) = (value, step);
    }

    public void Sync(StateStream s)
    {
        Hints.Sync(s);
        Rate.Sync(s);
        Signals.Sync(s);
        s.Sync(ref _generation);
        s.Sync(ref _resumeGrace);
        s.Sync(ref _step);
        s.Sync(ref _points);
        s.Sync(ref _earlyPeak);
        s.Sync(ref _earlyPeakStep);
    }
}
