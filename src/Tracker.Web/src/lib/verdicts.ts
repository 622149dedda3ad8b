import { bySeverity, toneOf, type Severity } from './health';

/** What an instrument says: a shape, a word, a sentence, and what to do. */
export interface Verdict {
  tone: 'ok' | 'warn' | 'crit' | 'none';
  word: string;
  text: string;
  /** The first prescription of the diagnosis behind it. */
  todo?: string | undefined;
  /** An observation that asks for nothing. */
  note?: string | undefined;
}

interface SignalLike {
  id: string;
  series: string;
  severity: Severity;
  onsetStep: number;
  active: boolean;
  summary: string;
}

interface DiagnosisLike {
  verdict: string | null;
  prescriptions: readonly string[];
  signals: readonly SignalLike[];
}

/** The conditions as a word or two on an instrument. */
const words: Record<string, string> = {
  'nan-immediately': 'Not finite', 'nan-after-n': 'Not finite', 'consecutive-nan': 'Not finite', 'constant-loss': 'Constant',
  'plateau-from-start': 'Stuck at its start', 'chance-level-plateau': 'At chance level', 'stuck-after-drop': 'Stuck', 'loss-spike': 'Spike',
  'recurrent-spikes': 'Spikes again and again', 'slow-spike-recovery': 'Not back after a spike', 'loss-divergence': 'Diverging',
  'oscillating-loss': 'Oscillating', 'late-oscillation': 'Noisier late', 'excess-wiggle': 'More noise than batches explain',
  'epoch-boundary-jump': 'Follows the epochs', 'low-lr-plateau': 'Creeping', 'adam-hot-divergence': 'Diverging', overfitting: 'Overfitting',
  'generalization-gap': 'Wide gap', underfitting: 'Underfitting', 'val-much-higher': 'Validation far above', 'train-above-val': 'Training above validation',
  'val-stall': 'Validation stands still', 'stale-validation': 'Validation never changes', 'val-erratic': 'Validation erratic', 'bn-eval-bug': 'Evaluated in the wrong mode',
  'grokking-candidate': 'Solved in training only', grokking: 'Grokking', 'double-descent': 'Second descent', 'catastrophic-forgetting': 'Forgetting',
  'loss-at-init': 'Not the loss of guessing', 'metric-implementation': 'Metric in doubt', 'loss-down-acc-stall': 'Accuracy stays', 'acc-up-loss-stall': 'Loss stays',
  'val-loss-up-acc-flat': 'Loss up, accuracy flat', 'class-collapse': 'A class is lost', 'class-regression': 'A class gets worse', miscalibration: 'Miscalibrated',
  'calibration-drift': 'Calibration drifts', 'zero-train-loss': 'Memorised', 'grad-explosion': 'Exploding', 'grad-spike': 'Spike', 'grad-vanishing-global': 'Fading',
  'grad-oscillation': 'Swinging', 'clip-over-50': 'Clipped too often', 'clip-over-80': 'Clipped nearly always', 'stuck-at-clip': 'Sits at the threshold',
  'clip-inactive': 'Never reaches the threshold', 'zero-gradient': 'Exactly zero', 'dead-layer': 'A layer gets none', 'grad-vanishing-depth': 'Vanishing',
  'grad-uniformly-low': 'Low everywhere', 'param-norm-runaway': 'Running away', 'param-norm-collapse': 'Collapsing', 'update-too-small': 'Too small',
  'update-too-large': 'Too large', 'weight-dominates': 'One weight dominates', 'weight-dist-collapse': 'Collapsed', 'dead-relu': 'Dead units',
  'saturated-activation': 'Saturated', 'activation-collapse': 'Collapsed', 'activation-drift': 'Drifting', 'attention-collapse': 'Collapsed',
  'masked-dead-part': 'A dead part', 'logit-blowup': 'Logits blow up', 'lr-decayed-early': 'Ran out', 'startup-spike': 'Jump at the start',
  'warmup-missing': 'No warm-up', 'warmup-too-short': 'Warm-up too short', 'warmup-too-long': 'Warm-up too long', 'unintended-schedule': 'Not as configured',
  'schedule-kick': 'Cut', 'cyclic-lr-context': 'Cyclic', 'cosine-floor-slow': 'Still high at the end', 'lr-finder': 'Sweep', 'early-stop-point': 'Best evaluation',
};

export const wordOf = (id: string): string => words[id] ?? (id[0] ?? '').toUpperCase() + id.slice(1).replaceAll('-', ' ');

/** The first sentence of a text. */
export const firstSentence = (text: string): string => /^.*?[.:](?=\s+[A-Z])/s.exec(text)?.[0].replace(/:$/, '.') ?? text;

/** Of any series: they speak on the instrument that shows it. */
const notFinite = ['nan-immediately', 'nan-after-n', 'consecutive-nan'];

/**
 * The worst signal that holds, of these conditions, with the first thing to do about it; notes apart.
 * @param series What the instrument shows: that it is not finite counts, too.
 */
export function findingOf(diagnoses: readonly DiagnosisLike[], conditions: readonly string[], series: readonly string[] = []): { loud: Verdict | null; note: string | undefined } {
  const found = diagnoses
    .filter(({ verdict }) => verdict !== 'wrong' && verdict !== 'muted')
    .flatMap((diagnosis) => diagnosis.signals.filter((signal) => signal.active && (conditions.includes(signal.id) || (notFinite.includes(signal.id) && series.includes(signal.series)))).map((signal) => ({ ...signal, todo: diagnosis.prescriptions[0] })))
    .sort(bySeverity);
  const loud = found.find((signal) => signal.severity !== 'info');
  const note = found.find((signal) => signal.severity === 'info');
  return {
    loud: loud ? { tone: toneOf(loud.severity) === 'crit' ? 'crit' : 'warn', word: wordOf(loud.id), text: firstSentence(loud.summary), todo: loud.todo } : null,
    note: note && firstSentence(note.summary),
  };
}
