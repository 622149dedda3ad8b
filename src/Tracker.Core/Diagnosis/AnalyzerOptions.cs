using Tracker.Core.Diagnosis.Detectors;

namespace Tracker.Core.Diagnosis;

/// <summary>Thresholds of all detectors; the defaults are calibrated on real runs. Other options give other diagnoses on replay.</summary>
public sealed record AnalyzerOptions
{
    public NonFiniteOptions NonFinite { get; init; } = new();

    public ConsecutiveNanOptions ConsecutiveNan { get; init; } = new();

    public ConstantLossOptions ConstantLoss { get; init; } = new();

    public PlateauFromStartOptions PlateauFromStart { get; init; } = new();

    public ChanceLevelPlateauOptions ChanceLevelPlateau { get; init; } = new();

    public StuckAfterDropOptions StuckAfterDrop { get; init; } = new();

    public LossDivergenceOptions LossDivergence { get; init; } = new();

    public LossSpikeOptions LossSpike { get; init; } = new();

    public OscillatingLossOptions OscillatingLoss { get; init; } = new();

    public LateOscillationOptions LateOscillation { get; init; } = new();

    public WarmupOptions Warmup { get; init; } = new();

    public RateScheduleOptions RateSchedule { get; init; } = new();

    public ScheduleKickOptions ScheduleKick { get; init; } = new();

    public LossAtInitOptions LossAtInit { get; init; } = new();

    public StaleValidationOptions StaleValidation { get; init; } = new();

    public ValErraticOptions ValErratic { get; init; } = new();

    public ValMuchHigherOptions ValMuchHigher { get; init; } = new();

    public GrokkingOptions Grokking { get; init; } = new();

    public EpochBoundaryJumpOptions EpochBoundaryJump { get; init; } = new();

    public ZeroTrainLossOptions ZeroTrainLoss { get; init; } = new();

    public LowLrPlateauOptions LowLrPlateau { get; init; } = new();

    public AdamHotDivergenceOptions AdamHotDivergence { get; init; } = new();

    public ScalingMismatchOptions ScalingMismatch { get; init; } = new();

    public SmoothedInputOptions SmoothedInput { get; init; } = new();

    public MaskedDeadPartOptions MaskedDeadPart { get; init; } = new();

    public LoggingHygieneOptions LoggingHygiene { get; init; } = new();

    public HealthyConvergenceOptions HealthyConvergence { get; init; } = new();

    public OverfittingOptions Overfitting { get; init; } = new();

    public LossAgainstAccuracyOptions LossAgainstAccuracy { get; init; } = new();

    public DoubleDescentOptions DoubleDescent { get; init; } = new();

    public GeneralizationGapOptions GeneralizationGap { get; init; } = new();

    public UnderfittingOptions Underfitting { get; init; } = new();

    public TrainAboveValOptions TrainAboveVal { get; init; } = new();

    public ValStallOptions ValStall { get; init; } = new();

    public EarlyStopPointOptions EarlyStopPoint { get; init; } = new();

    public CatastrophicForgettingOptions CatastrophicForgetting { get; init; } = new();

    public ClassesOptions Classes { get; init; } = new();

    public CalibrationOptions Calibration { get; init; } = new();

    public DownstreamRegressionOptions DownstreamRegression { get; init; } = new();

    public ClippingOptions Clipping { get; init; } = new();

    public StuckAtClipOptions StuckAtClip { get; init; } = new();

    public ZeroGradientOptions ZeroGradient { get; init; } = new();

    public DeadLayerOptions DeadLayer { get; init; } = new();

    public GradVanishingDepthOptions GradVanishingDepth { get; init; } = new();

    public GradExplosionOptions GradExplosion { get; init; } = new();

    public GradSpikeOptions GradSpike { get; init; } = new();

    public GradVanishingGlobalOptions GradVanishingGlobal { get; init; } = new();

    public GradUniformlyLowOptions GradUniformlyLow { get; init; } = new();

    public GradOscillationOptions GradOscillation { get; init; } = new();

    public ClipInactiveOptions ClipInactive { get; init; } = new();

    public WeightDominatesOptions WeightDominates { get; init; } = new();

    public WeightDistCollapseOptions WeightDistCollapse { get; init; } = new();

    public ActivationCollapseOptions ActivationCollapse { get; init; } = new();

    public ActivationDriftOptions ActivationDrift { get; init; } = new();

    public LogitBlowupOptions LogitBlowup { get; init; } = new();

    public ParamNormRunawayOptions ParamNormRunaway { get; init; } = new();

    public ParamNormCollapseOptions ParamNormCollapse { get; init; } = new();

    public UpdateTooSmallOptions UpdateTooSmall { get; init; } = new();

    public UpdateTooLargeOptions UpdateTooLarge { get; init; } = new();

    public DeadReluOptions DeadRelu { get; init; } = new();

    public SaturatedActivationOptions SaturatedActivation { get; init; } = new();

    public AttentionCollapseOptions AttentionCollapse { get; init; } = new();

    public LrDecayedEarlyOptions LrDecayedEarly { get; init; } = new();

    public AmpScaleOptions AmpScale { get; init; } = new();

    public Fp16OverflowOptions Fp16Overflow { get; init; } = new();

    public BatchCheckOptions BatchCheck { get; init; } = new();

    public InputScaleOptions InputScale { get; init; } = new();

    public OutlierBatchOptions OutlierBatch { get; init; } = new();

    public SanityProbesOptions SanityProbes { get; init; } = new();

    public ChecklistOptions Checklist { get; init; } = new();

    public CurvatureOptions Curvature { get; init; } = new();

    public LrFinderOptions LrFinder { get; init; } = new();

    public GpuUnderusedOptions GpuUnderused { get; init; } = new();

    public MemoryGrowthOptions MemoryGrowth { get; init; } = new();

    public NoGradMissingOptions NoGradMissing { get; init; } = new();

    public StalledRunOptions StalledRun { get; init; } = new();

    public StepTimeRegressionOptions StepTimeRegression { get; init; } = new();

    public RankDivergenceOptions RankDivergence { get; init; } = new();

    public KnownRecipeOptions KnownRecipe { get; init; } = new();
}
