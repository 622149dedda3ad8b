using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>All detectors, one line each. Their order is the order in which they see a point.</summary>
public static class DetectorCatalogue
{
    internal static readonly DetectorEntry[] Entries =
    [
        new(nameof(LrDecayedEarly), [LrDecayedEarly.Id], [RoleKind.LearningRate], false, o => new LrDecayedEarly(o.LrDecayedEarly)),
        new(nameof(NonFinite), [NonFinite.Immediately, NonFinite.AfterN],
            [RoleKind.TrainLoss, RoleKind.PartLoss, RoleKind.ValLoss, RoleKind.TaskLoss, RoleKind.GradNorm, RoleKind.ParamNorm], false, o => new NonFinite(o.NonFinite)),
        new(nameof(ConsecutiveNan), [ConsecutiveNan.Id], [RoleKind.TrainLoss, RoleKind.PartLoss, RoleKind.GradNorm], false, o => new ConsecutiveNan(o.ConsecutiveNan)),
        new(nameof(ConstantLoss), [ConstantLoss.Id], [RoleKind.TrainLoss], false, o => new ConstantLoss(o.ConstantLoss)),
        new(nameof(PlateauFromStart), [PlateauFromStart.Id], [RoleKind.TrainLoss], false, o => new PlateauFromStart(o.PlateauFromStart)),
        new(nameof(ChanceLevelPlateau), [ChanceLevelPlateau.Id], [RoleKind.TrainLoss], false, o => new ChanceLevelPlateau(o.ChanceLevelPlateau, o.PlateauFromStart)),
        new(nameof(StuckAfterDrop), [StuckAfterDrop.Id], [RoleKind.TrainLoss], false, o => new StuckAfterDrop(o.StuckAfterDrop)),
        new(nameof(LossSpike), [LossSpike.Id, LossSpike.Recurrent, LossSpike.Slow], [RoleKind.TrainLoss], false, o => new LossSpike(o.LossSpike)),
        new(nameof(LossDivergence), [LossDivergence.Id], [RoleKind.TrainLoss], false, o => new LossDivergence(o.LossDivergence)),
        new(nameof(OscillatingLoss), [OscillatingLoss.Id], [RoleKind.TrainLoss], false, o => new OscillatingLoss(o.OscillatingLoss)),
        new(nameof(LateOscillation), [LateOscillation.Id, LateOscillation.Wiggle, LateOscillation.Floor], [RoleKind.TrainLoss], false, o => new LateOscillation(o.LateOscillation)),
        new(nameof(Warmup), [Warmup.Spike, Warmup.Missing, Warmup.TooShort, Warmup.TooLong], [RoleKind.TrainLoss, RoleKind.LearningRate], true, o => new Warmup(o.Warmup)),
        new(nameof(RateSchedule), [RateSchedule.Id, RateSchedule.Cyclic], [RoleKind.LearningRate], false, o => new RateSchedule(o.RateSchedule)),
        new(nameof(ScheduleKick), [ScheduleKick.Id], [RoleKind.TrainLoss, RoleKind.LearningRate], true, o => new ScheduleKick(o.ScheduleKick)),
        new(nameof(GradExplosion), [GradExplosion.Id], [RoleKind.GradNorm], false, o => new GradExplosion(o.GradExplosion)),
        new(nameof(GradSpike), [GradSpike.Id], [RoleKind.GradNorm], false, o => new GradSpike(o.GradSpike)),
        new(nameof(LossAtInit), [LossAtInit.Id], [RoleKind.TrainLoss], false, o => new LossAtInit(o.LossAtInit)),
        new(nameof(StaleValidation), [StaleValidation.Id], [RoleKind.ValLoss], true, o => new StaleValidation(o.StaleValidation)),
        new(nameof(ValErratic), [ValErratic.Id, ValErratic.BnId], [RoleKind.ValLoss], true, o => new ValErratic(o.ValErratic)),
        new(nameof(ValMuchHigher), [ValMuchHigher.Id], [RoleKind.ValLoss], true, o => new ValMuchHigher(o.ValMuchHigher)),
        new(nameof(Grokking), [Grokking.CandidateId, Grokking.Id], [RoleKind.ValLoss], true, o => new Grokking(o.Grokking)),
        new(nameof(Overfitting), [Overfitting.Id], [RoleKind.ValLoss], true, o => new Overfitting(o.Overfitting)),
        new(nameof(LossAgainstAccuracy), [LossAgainstAccuracy.LossDown, LossAgainstAccuracy.AccuracyUp, LossAgainstAccuracy.LossUp, LossAgainstAccuracy.Metric],
            [RoleKind.ValLoss], true, o => new LossAgainstAccuracy(o.LossAgainstAccuracy)),
        new(nameof(DoubleDescent), [DoubleDescent.Id], [RoleKind.ValLoss], true, o => new DoubleDescent(o.DoubleDescent)),
        new(nameof(GeneralizationGap), [GeneralizationGap.Id], [RoleKind.ValLoss], true, o => new GeneralizationGap(o.GeneralizationGap)),
        new(nameof(Underfitting), [Underfitting.Id], [RoleKind.ValLoss], true, o => new Underfitting(o.Underfitting)),
        new(nameof(TrainAboveVal), [TrainAboveVal.Id], [RoleKind.ValLoss], true, o => new TrainAboveVal(o.TrainAboveVal)),
        new(nameof(ValStall), [ValStall.Id], [RoleKind.ValLoss], true, o => new ValStall(o.ValStall)),
        new(nameof(EarlyStopPoint), [EarlyStopPoint.Id], [RoleKind.ValLoss], true, o => new EarlyStopPoint(o.EarlyStopPoint)),
        new(nameof(CatastrophicForgetting), [CatastrophicForgetting.Id], [RoleKind.TaskLoss, RoleKind.TaskAccuracy], false, o => new CatastrophicForgetting(o.CatastrophicForgetting)),
        new(nameof(Classes), [Classes.CollapseId, Classes.RegressionId], [RoleKind.ClassAccuracy], true, o => new Classes(o.Classes)),
        new(nameof(Calibration), [Calibration.Id, Calibration.DriftId], [RoleKind.CalibrationError], false, o => new Calibration(o.Calibration)),
        new(nameof(DownstreamRegression), [DownstreamRegression.Id], [RoleKind.Metric], false, o => new DownstreamRegression(o.DownstreamRegression)),
        new(nameof(EpochBoundaryJump), [EpochBoundaryJump.Id], [RoleKind.TrainLoss], false, o => new EpochBoundaryJump(o.EpochBoundaryJump)),
        new(nameof(ZeroTrainLoss), [ZeroTrainLoss.Id], [RoleKind.ValLoss], false, o => new ZeroTrainLoss(o.ZeroTrainLoss)),
        new(nameof(LowLrPlateau), [LowLrPlateau.Id], [], true, o => new LowLrPlateau(o.LowLrPlateau)) { Reviews = true },
        new(nameof(AdamHotDivergence), [AdamHotDivergence.Id], [], true, o => new AdamHotDivergence(o.AdamHotDivergence)) { Reviews = true },
        new(nameof(ScalingMismatch), [ScalingMismatch.Id], [], true, o => new ScalingMismatch(o.ScalingMismatch)) { Events = [ScalingMismatch.Event] },
        new(nameof(SmoothedInput), [SmoothedInput.Id], [RoleKind.TrainLoss], false, o => new SmoothedInput(o.SmoothedInput)),
        new(nameof(GradVanishingGlobal), [GradVanishingGlobal.Id], [RoleKind.GradNorm], false, o => new GradVanishingGlobal(o.GradVanishingGlobal)),
        new(nameof(GradOscillation), [GradOscillation.Id], [RoleKind.GradNorm], false, o => new GradOscillation(o.GradOscillation)),
        new(nameof(Clipping), [Clipping.Over50, Clipping.Over80], [RoleKind.GradNorm, RoleKind.ClipActive], false, o => new Clipping(o.Clipping)),
        new(nameof(StuckAtClip), [StuckAtClip.Id], [RoleKind.GradNorm], false, o => new StuckAtClip(o.StuckAtClip)),
        new(nameof(ClipInactive), [ClipInactive.Id], [RoleKind.GradNorm], false, o => new ClipInactive(o.ClipInactive)),
        new(nameof(ZeroGradient), [ZeroGradient.Id], [RoleKind.GradNorm], false, o => new ZeroGradient(o.ZeroGradient)),
        new(nameof(DeadLayer), [DeadLayer.Id], [RoleKind.LayerGradNorm, RoleKind.GradHistogram], false, o => new DeadLayer(o.DeadLayer)),
        new(nameof(GradVanishingDepth), [GradVanishingDepth.Id], [RoleKind.LayerGradNorm], true, o => new GradVanishingDepth(o.GradVanishingDepth)),
        new(nameof(GradUniformlyLow), [GradUniformlyLow.Id], [RoleKind.LayerGradNorm], true, o => new GradUniformlyLow(o.GradUniformlyLow)),
        new(nameof(ParamNormRunaway), [ParamNormRunaway.Id], [RoleKind.ParamNorm], false, o => new ParamNormRunaway(o.ParamNormRunaway)),
        new(nameof(ParamNormCollapse), [ParamNormCollapse.Id], [RoleKind.ParamNorm, RoleKind.LayerParamNorm], false, o => new ParamNormCollapse(o.ParamNormCollapse)),
        new(nameof(UpdateTooSmall), [UpdateTooSmall.Id], [RoleKind.UpdateRatio], true, o => new UpdateTooSmall(o.UpdateTooSmall)),
        new(nameof(UpdateTooLarge), [UpdateTooLarge.Id], [RoleKind.UpdateRatio], true, o => new UpdateTooLarge(o.UpdateTooLarge)),
        new(nameof(WeightDominates), [WeightDominates.Id], [RoleKind.WeightHistogram], false, o => new WeightDominates(o.WeightDominates)),
        new(nameof(WeightDistCollapse), [WeightDistCollapse.Id], [RoleKind.WeightHistogram], false, o => new WeightDistCollapse(o.WeightDistCollapse)),
        new(nameof(DeadRelu), [DeadRelu.Id], [RoleKind.DeadFraction, RoleKind.ActivationHistogram], false, o => new DeadRelu(o.DeadRelu)),
        new(nameof(SaturatedActivation), [SaturatedActivation.Id], [RoleKind.SaturatedFraction, RoleKind.ActivationHistogram], false, o => new SaturatedActivation(o.SaturatedActivation)),
        new(nameof(ActivationCollapse), [ActivationCollapse.Id], [RoleKind.ActivationStd, RoleKind.ActivationHistogram], false, o => new ActivationCollapse(o.ActivationCollapse)),
        new(nameof(ActivationDrift), [ActivationDrift.Id], [RoleKind.ActivationStd, RoleKind.ActivationHistogram], false, o => new ActivationDrift(o.ActivationDrift)),
        new(nameof(AttentionCollapse), [AttentionCollapse.Id], [RoleKind.AttentionEntropy], false, o => new AttentionCollapse(o.AttentionCollapse)),
        new(nameof(LogitBlowup), [LogitBlowup.Id], [RoleKind.LogitMax], false, o => new LogitBlowup(o.LogitBlowup)),

        // Numerics, and what probes in the training process find.
        new(nameof(AmpScale), [AmpScale.Id], [RoleKind.LossScale], false, o => new AmpScale(o.AmpScale)),
        new(nameof(Fp16Overflow), [Fp16Overflow.Id], [RoleKind.TrainLoss], false, o => new Fp16Overflow(o.Fp16Overflow)),
        new(nameof(NonFiniteProbes), [NonFiniteProbes.Params, NonFiniteProbes.Op, NonFiniteProbes.FirstModule], [], true, _ => new NonFiniteProbes()) { Events = ProbeDetector.Events },
        new(nameof(BatchCheck), [BatchCheck.NanInput, BatchCheck.NanTarget, BatchCheck.ExtremeInput], [], true, o => new BatchCheck(o.BatchCheck)) { Events = ProbeDetector.Events },
        new(nameof(InputScale), [InputScale.Id], [RoleKind.InputMean, RoleKind.InputStd], true, o => new InputScale(o.InputScale)) { Events = ProbeDetector.Events },
        new(nameof(OutlierBatch), [OutlierBatch.Id], [RoleKind.TrainLoss], true, o => new OutlierBatch(o.OutlierBatch)) { Events = ["batch"] },
        new(nameof(SanityProbes), [SanityProbes.OverfitOneBatch, SanityProbes.FirstStep, SanityProbes.GradsReach], [], true, o => new SanityProbes(o.SanityProbes)) { Events = ProbeDetector.Events },
        new(nameof(Checklist), [Checklist.OutputShape, Checklist.TrainMode, Checklist.Scheduler, Checklist.Splits, Checklist.SplitLeak, Checklist.Augmentation, Checklist.AugOnVal], [], true, o => new Checklist(o.Checklist)) { Events = ProbeDetector.Events },
        new(nameof(Curvature), [Curvature.Sharpness, Curvature.TopEigenvalue], [], true, o => new Curvature(o.Curvature)) { Events = ProbeDetector.Events },
        new(nameof(LrFinder), [LrFinder.Id, LrFinder.Biased], [], true, o => new LrFinder(o.LrFinder)) { Events = ProbeDetector.Events },

        // The machine, the ranks, the reference.
        new(nameof(GpuUnderused), [GpuUnderused.Id], [RoleKind.GpuUtilization, RoleKind.DataTime], false, o => new GpuUnderused(o.GpuUnderused)),
        new(nameof(MemoryGrowth), [MemoryGrowth.Id], [RoleKind.GpuMemory, RoleKind.HostMemory], false, o => new MemoryGrowth(o.MemoryGrowth)),
        new(nameof(NoGradMissing), [NoGradMissing.Id], [RoleKind.GpuMemory, RoleKind.ValLoss], true, o => new NoGradMissing(o.NoGradMissing)) { Events = ProbeDetector.Events },
        new(nameof(StalledRun), [StalledRun.Id], [RoleKind.TrainLoss, RoleKind.System, RoleKind.GpuUtilization, RoleKind.GpuMemory, RoleKind.HostMemory], true, o => new StalledRun(o.StalledRun)) { Events = ["stalled"] },
        new(nameof(StepTimeRegression), [StepTimeRegression.Id], [RoleKind.StepTime], false, o => new StepTimeRegression(o.StepTimeRegression)),
        new(nameof(RankDivergence), [RankDivergence.Id], [RoleKind.TrainLoss, RoleKind.ParamNorm], true, o => new RankDivergence(o.RankDivergence)) { Events = ProbeDetector.Events, SeesRanks = true },
        new(nameof(KnownRecipe), [KnownRecipe.Id], [RoleKind.TrainLoss, RoleKind.ValLoss, RoleKind.TrainAccuracy, RoleKind.ValAccuracy], true, o => new KnownRecipe(o.KnownRecipe)) { Events = ["reference"] },
        new(nameof(MaskedDeadPart), [MaskedDeadPart.Id], [RoleKind.WeightHistogram], true, o => new MaskedDeadPart(o.MaskedDeadPart)) { Reviews = true },
        new(nameof(LoggingHygiene), LoggingHygiene.Ids, [], true, o => new LoggingHygiene(o.LoggingHygiene)) { Reviews = true },
        new(nameof(HealthyConvergence), [HealthyConvergence.Id], [], true, o => new HealthyConvergence(o.HealthyConvergence)) { Reviews = true },
    ];

    /// <summary>Ids of all conditions that the analyzer can raise; each has a page in <c>docs/diagnoses</c>.</summary>
    public static IReadOnlyList<string> Conditions { get; } = Entries.SelectMany(e => e.Ids).ToArray();

    /// <summary>Names of the detectors' classes, in the same order.</summary>
    public static IReadOnlyList<string> Detectors { get; } = Entries.Select(e => e.Detector).ToArray();
}
