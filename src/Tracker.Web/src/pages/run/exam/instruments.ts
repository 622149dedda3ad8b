/** Which conditions of the analyzer speak on which instrument. */
export const conditions = {
  loss: [
    'nan-immediately', 'nan-after-n', 'consecutive-nan', 'constant-loss', 'loss-divergence', 'adam-hot-divergence', 'plateau-from-start', 'chance-level-plateau', 'stuck-after-drop',
    'slow-spike-recovery', 'recurrent-spikes', 'oscillating-loss', 'overfitting', 'val-much-higher', 'stale-validation', 'bn-eval-bug', 'val-erratic', 'underfitting',
    'generalization-gap', 'train-above-val', 'val-stall', 'zero-train-loss', 'masked-dead-part', 'val-loss-up-acc-flat', 'metric-implementation', 'epoch-boundary-jump',
    'double-descent', 'grokking', 'grokking-candidate', 'loss-spike', 'early-stop-point',
  ],
  start: ['loss-at-init', 'startup-spike'],
  noise: ['excess-wiggle', 'late-oscillation', 'smoothed-input'],
  tasks: ['catastrophic-forgetting'],
  gradient: ['grad-explosion', 'zero-gradient', 'grad-vanishing-global', 'clip-over-80', 'clip-over-50', 'stuck-at-clip', 'grad-spike', 'grad-oscillation', 'clip-inactive'],
  layers: ['grad-vanishing-depth', 'dead-layer', 'grad-uniformly-low'],
  active: ['grad-uniformly-low'],
  updates: ['update-too-large', 'update-too-small'],
  weights: ['param-norm-runaway', 'param-norm-collapse', 'weight-dominates', 'weight-dist-collapse'],
  units: ['dead-relu', 'saturated-activation'],
  activations: ['activation-collapse', 'activation-drift', 'dead-relu', 'saturated-activation'],
  attention: ['attention-collapse', 'logit-blowup'],
  rate: ['lr-decayed-early', 'unintended-schedule', 'warmup-missing', 'warmup-too-long', 'warmup-too-short', 'schedule-kick', 'cyclic-lr-context', 'cosine-floor-slow', 'low-lr-plateau', 'scaling-mismatch'],
  classes: ['class-collapse', 'class-regression'],
  calibration: ['calibration-drift', 'miscalibration'],
} satisfies Record<string, readonly string[]>;
