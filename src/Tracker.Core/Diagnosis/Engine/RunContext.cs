namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The run as detectors see it: its series by role, what its config says, its learning rate, and the guards.</summary>
internal sealed class RunContext
{
    /// <summary>Points of the loss after a resume in which nothing is judged by trend.</summary>
    private const int ResumeGracePoints = 50;
    private const int WarmPoints = 100;
    private const int EarlyPoints = 50;

    private readonly SeriesState?[] _first = new SeriesState?[Enum.GetValues<RoleKind>().Length];
    private readonly List<SeriesState>[] _byRole = Enum.GetValues<RoleKind>().Select(_ => new List<SeriesState>()).ToArray();
    private static readonly string[] NotDeep = ["norm", "bias", "emb", "tok", "pos", "ln_", "bn"];

    private readonly List<SeriesState> _deepLayers = [];
    private readonly List<SeriesState> _ranks = [];
    private int _players;
    private bool _ended;
    private long _time;
    private int _generation;
    private long _resumeGrace;
    private long _step;
    private long _points;
    private long _firstStep;
    private bool _outran;
    private double _earlyPeak = double.NegativeInfinity;
    private long _earlyPeakStep;

    public RunContext() => Layers = new LayerSignals(Signals);

    public ConfigHints Hints { get; } = new();

    /// <summary>Median over all layers of the recent update ratios: see <see cref="Detectors.Observations"/>.</summary>
    public Measured UpdateRatio { get; } = new();

    /// <summary>First layer's gradient over the last layer's.</summary>
    public Measured DepthRatio { get; } = new();

    public RateState Rate { get; } = new();

    public EpochState Epoch { get; } = new();

    /// <summary>What probes in the training process said last.</summary>
    public ProbeBook Probes { get; } = new();

    public SignalBoard Signals { get; } = new();

    /// <summary>Signals of conditions that layers have each for itself.</summary>
    public LayerSignals Layers { get; }

    /// <summary>Training against validation.</summary>
    public Evaluations Evaluations { get; } = new();

    /// <summary>The step being folded.</summary>
    public long Step => _step;

    /// <summary>Unix milliseconds: the greatest time of what was folded, as writers gave it; 0 before the first.</summary>
    public long Time => _time;

    /// <summary>A finish event came, and no resume since.</summary>
    public bool HasEnded => _ended;

    /// <summary>The first step of the run that was folded.</summary>
    public long FirstStep => _firstStep;

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
    public bool IsAdversarial => IsGame || Loss is { Min: < 0, Max: > 0 };

    /// <summary>Losses of two players or of rewards; a loss that changes its sign alone is no game, a likelihood does it too.</summary>
    public bool IsGame => Hints.IsAdversarial || First(RoleKind.Reward) is not null || _players >= 2;

    /// <summary>RESUME: within 50 points of the loss after a restart.</summary>
    public bool JustResumed => _resumeGrace > 0;

    /// <summary>LRJUMP: the rate changed by half or more within its last ten points.</summary>
    public bool RateJustJumped => Rate.JustJumped;

    /// <summary>LRJUMP with its grace window: within ten points, or three fine buckets of the series, of a jump from one rate to the next.</summary>
    public bool IsInRateGrace(SeriesState series) =>
        Rate.JustJumped || (Rate.Jumps > 0 && _step - Rate.JumpStep <= 3 * Math.Max(series.Trend?.FineWidth ?? 1, 1) * series.Stride);

    /// <summary>FINETUNE: the config says so, or the run began with a model that was good already, so that there is little to gain.</summary>
    public bool IsFineTune =>
        Hints.IsFineTune
        || (ChanceLoss is { } chance && Loss?.Trend is { Tail.Count: >= 5 } trend && trend.Initial(20) < 0.5 * chance)
        || (First(RoleKind.ValAccuracy) is { Finite: > 0 } accuracy && accuracy.Max > 0.5 && accuracy.First > 0.9 * accuracy.Max);

    /// <summary>END: within the last twentieth of the steps that the config announces, or finished.</summary>
    public bool IsNearEnd => _ended || Progress is > 0.95;

    /// <summary>
    /// Length of what is logged, in its steps, from the first one (a resumed run begins late): to the end as configured, else to epochs times
    /// steps per epoch; the number of epochs where every step is an epoch. Null where nothing tells, and where the run began after or
    /// went beyond the end that was announced: then its steps count something else, such as tokens.
    /// </summary>
    public long? TotalSteps => !_outran && Announced is { } end && end > _firstStep ? end - _firstStep : null;

    /// <summary>Share of what is logged that is done, or null where its length is unknown.</summary>
    public double? Progress => TotalSteps is { } total ? Math.Min(1, (_step - _firstStep + 1) / (double)total) : null;

    /// <summary>EPOCH(t): an epoch began within the last three steps that were logged.</summary>
    public bool EpochJustChanged => Epoch.JustChanged(_step, Loss?.Stride ?? 1, Hints);

    /// <summary>Where in its epoch a step stands, 0 to 1; null where neither an epoch series nor <c>steps_per_epoch</c> tells.</summary>
    public double? Phase(long step) => Epoch.Phase(step, Hints);

    /// <summary>log(classes) where the loss may be a cross-entropy over known classes.</summary>
    public double? ChanceLoss => Hints.Classes is { } classes && Hints.MayBeCrossEntropy ? Math.Log(classes) : null;

    /// <summary>
    /// WARM: too early to judge. Before 100 points, before 2 % of the run, and while the rate still rises
    /// (for at most a quarter of the run, or 1,000 points where its length is unknown).
    /// </summary>
    public bool IsWarm(SeriesState series) =>
        series.Count < Window(series, WarmPoints)
        || (TotalSteps is { } total && _step - _firstStep < 0.02 * total)
        || (Rate.IsRising && (TotalSteps is { } all ? _step - _firstStep < 0.25 * all : series.Count < 1000));

    /// <summary>
    /// A window of so many points, scaled for a series that is not logged every step: min(points, max(5, 15 % of the points expected));
    /// where the length of the run is unknown, as many steps as for the loss.
    /// </summary>
    public int Window(SeriesState series, int points) => series.IsDense ? points : series.Window(points, TotalSteps, Loss?.Stride ?? 1);

    /// <summary>Whether a layer has depth: norms, embeddings and biases are judged by other measures, or not at all.</summary>
    public static bool IsDeep(string layer) => !Array.Exists(NotDeep, word => layer.Contains(word, StringComparison.OrdinalIgnoreCase));

    public SeriesState? First(RoleKind kind) => _first[(int)kind];

    /// <summary>All series of a role in order of appearance, ranks above 0 left out.</summary>
    public IReadOnlyList<SeriesState> All(RoleKind kind) => _byRole[(int)kind];

    /// <summary>Series of ranks above 0 that have a role, in order of appearance.</summary>
    public IReadOnlyList<SeriesState> Ranks => _ranks;

    /// <summary>Gradient norms of the layers in forward order; norms, embeddings and biases are left out.</summary>
    public IReadOnlyList<SeriesState> DeepLayers => _deepLayers;

    public void Enlist(SeriesState series)
    {
        if (series.Role is not { } role) return;
        if (role.Rank > 0)
        {
            Insert(_ranks, series);
            return;
        }
        Insert(_byRole[(int)role.Kind], series);
        _first[(int)role.Kind] = _byRole[(int)role.Kind][0];
        if (role.Kind == RoleKind.LayerGradNorm && IsDeep(role.Scope)) Insert(_deepLayers, series);
        if (IsPlayer(role)) _players++;
    }

    /// <summary>Takes a series out of its role, because a person gave it another.</summary>
    public void Delist(SeriesState series)
    {
        _ranks.Remove(series);
        _deepLayers.Remove(series);
        if (series.Role is not { Rank: 0 } role) return;
        _byRole[(int)role.Kind].Remove(series);
        _first[(int)role.Kind] = _byRole[(int)role.Kind] is [var first, ..] ? first : null;
        if (IsPlayer(role)) _players--;
    }

    public void Finish() => _ended = true;

    public void Resume()
    {
        _ended = false;
        _generation++;
        _resumeGrace = ResumeGracePoints;
    }

    /// <summary>Takes a point into the run's own state; detectors follow.</summary>
    public void Add(SeriesState series, long step, double value, long time)
    {
        Reach(step);
        _time = Math.Max(_time, time);
        series.Add(step, value, time, series.Trend is { FineWidth: 0 } ? TotalSteps : null);
        if (series.Role is not { } role || !ReferenceEquals(series, First(role.Kind))) return;
        if (role.Kind == RoleKind.LearningRate) Rate.Add(step, value);
        if (role.Kind == RoleKind.Epoch) Epoch.Add(step, value);
        if (role.Kind == RoleKind.ValLoss) Evaluations.Add(step, value, Loss);
        if (role.Kind != RoleKind.TrainLoss) return;
        if (_resumeGrace > 0) _resumeGrace--;
        if (series.Count > EarlyPoints || !(value > _earlyPeak)) return;
        (_earlyPeak, _earlyPeakStep) = (value, step);
    }

    /// <summary>Counts a histogram.</summary>
    public void Add(SeriesState series, HistogramShape histogram)
    {
        Reach(histogram.Step);
        _time = Math.Max(_time, histogram.Time);
        series.Add(histogram.Step, histogram.Time);
    }

    public void SyncHints(StateStream s) => Hints.Sync(s);

    public void Sync(StateStream s)
    {
        Rate.Sync(s);
        Epoch.Sync(s);
        Probes.Sync(s);
        Signals.Sync(s);
        Layers.Sync(s);
        Evaluations.Sync(s);
        s.Sync(ref _generation);
        s.Sync(ref _resumeGrace);
        s.Sync(ref _ended);
        s.Sync(ref _time);
        s.Sync(ref _step);
        s.Sync(ref _points);
        s.Sync(ref _firstStep);
        s.Sync(ref _outran);
        s.Sync(ref _earlyPeak);
        s.Sync(ref _earlyPeakStep);
    }

    /// <summary>The last step of the run, in its own steps, as its config announces it.</summary>
    private long? Announced =>
        Epoch.StepIsEpoch && (Hints.Epochs ?? Hints.TotalSteps / Hints.StepsPerEpoch) is { } epochs ? epochs
        : Hints.TotalSteps ?? (Hints.Epochs is { } all && Epoch.Length(Hints) is { } length ? (long)(all * length) : null);

    private void Reach(long step)
    {
        if (_points++ == 0) _firstStep = step;
        else if (step == _step) return;
        _step = step;
        // Some count a few steps more than they announce.
        if (!_outran && Announced is { } end && step > end + 0.05 * Math.Max(0, end - _firstStep) + 10) _outran = true;
    }

    /// <summary>By order of appearance, also where a series got its role later than others.</summary>
    private static void Insert(List<SeriesState> list, SeriesState series)
    {
        var at = list.FindIndex(s => s.Order > series.Order);
        list.Insert(at < 0 ? list.Count : at, series);
    }

    private static bool IsPlayer(SeriesRole role) => role.Kind == RoleKind.PartLoss && Array.Exists(role.Scope.Split('_'), word =>
        word is "d" or "g" or "disc" or "gen" or "discriminator" or "generator" or "adv" or "adversarial" or "actor" or "critic" or "policy" or "value" or "vf" or "pg" or "td" or "q");
}
