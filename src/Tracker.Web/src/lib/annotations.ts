import { formatCount } from './numbers';

/** Something that happened at a step and explains what a curve does there. */
export interface Annotation {
  step: number;
  /** A few characters, written beside the curve. */
  short: string;
  /** The whole sentence. */
  text: string;
}

interface SignalLike {
  id: string;
  series: string;
  step: number;
  onsetStep: number;
  active: boolean;
  summary: string;
  evidence: readonly { statistic: string; value: unknown }[];
}

interface DiagnosisLike {
  verdict: string | null;
  signals: readonly SignalLike[];
}

interface EventLike {
  kind: string;
  name: string | null;
  step: number | null;
}

const words: Record<string, string> = {
  'schedule-kick': 'lr changed',
  'loss-spike': 'spike',
  'startup-spike': 'spike',
  'grad-spike': 'gradient spike',
  'early-stop-point': 'best',
  'double-descent': 'second descent',
  grokking: 'grokking',
};

/** What happened to a run, for all of its charts: kicks of the learning rate, spikes that recovered, the best evaluation, resumes. In order of steps. */
export function annotationsOf(diagnoses: readonly DiagnosisLike[], events: readonly EventLike[]): Annotation[] {
  const found = new Map<string, Annotation>();
  for (const { verdict, signals } of diagnoses) {
    if (verdict === 'wrong' || verdict === 'muted') continue;
    for (const { id, onsetStep, active, summary } of signals) {
      const word = words[id];
      // The best evaluation moves on while the run gets better: only the last one is told.
      if (!word || (id === 'early-stop-point' && !active)) continue;
      const short = id === 'loss-spike' && !active ? 'spike, recovered' : word;
      found.set(`${short} ${onsetStep}`, { step: onsetStep, short, text: summary });
    }
  }
  for (const { kind, step } of events) {
    if (kind === 'resume' && step !== null) found.set(`resumed ${step}`, { step, short: 'resumed', text: `The run was resumed at step ${formatCount(step)}.` });
  }
  return [...found.values()].sort((a, b) => a.step - b.step);
}
