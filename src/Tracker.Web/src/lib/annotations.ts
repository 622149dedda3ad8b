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

/** What the analyzer notices of these kinds is told on the charts. */
const words: Record<string, string> = {
  'schedule-kick': 'lr changed',
  'loss-spike': 'spike',
  'startup-spike': 'spike',
  'grad-spike': 'gradient spike',
  'early-stop-point': 'best',
  'double-descent': 'second descent',
  grokking: 'grokking',
};

/** `lr ×0.1`, as the summary tells from which rate to which. */
function kick(summary: string): string {
  const [, from, to] = /from (\S+) to (\S+) at/.exec(summary) ?? [];
  const factor = Number(to) / Number(from);
  return Number.isFinite(factor) ? `lr ×${Number(factor.toPrecision(2))}` : 'lr changed';
}

/** What happened to a run, for all of its charts: kicks of the learning rate, spikes that recovered, the best evaluation, resumes. In order of steps. */
export function annotationsOf(diagnoses: readonly DiagnosisLike[], events: readonly EventLike[]): Annotation[] {
  const found = new Map<string, Annotation>();
  for (const { verdict, signals } of diagnoses) {
    if (verdict === 'wrong' || verdict === 'muted') continue;
    for (const { id, onsetStep, active, summary } of signals) {
      const word = words[id];
      // The best evaluation moves on while the run gets better: only the last one is told.
      if (!word || (id === 'early-stop-point' && !active)) continue;
      const short = id === 'loss-spike' && !active ? 'spike, recovered' : id === 'schedule-kick' ? kick(summary) : word;
      found.set(`${short} ${onsetStep}`, { step: onsetStep, short, text: summary });
    }
  }
  for (const { kind, step } of events) {
    if (kind === 'resume' && step !== null) found.set(`resumed ${step}`, { step, short: 'resumed', text: `The run was resumed at step ${formatCount(step)}.` });
  }
  return [...found.values()].sort((a, b) => a.step - b.step);
}
