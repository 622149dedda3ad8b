import { toneOf, type Severity, type Tone } from './health';

/** A tinted range on a chart: where a diagnosis shows in a series. */
export interface EvidenceRange {
  diagnosis: string;
  label: string;
  tone: Tone;
  onset: number;
  from: number;
  /** Last step; Infinity while the condition holds. */
  to: number;
}

interface DiagnosisLike {
  id: string;
  title: string;
  state: 'open' | 'resolved';
  severity: Severity;
  verdict: string | null;
  signals: readonly SignalLike[];
}

interface SignalLike {
  severity: Severity;
  series: string;
  step: number;
  onsetStep: number;
  active: boolean;
  evidence: readonly { series: string; fromStep: number; toStep: number }[];
}

/** The ranges to draw on each series, by its name: one per diagnosis, from its first evidence to its last. Notes are no ranges, and what people muted or refused is not drawn. */
export function evidenceBySeries(diagnoses: readonly DiagnosisLike[]): Map<string, EvidenceRange[]> {
  const result = new Map<string, EvidenceRange[]>();
  for (const diagnosis of diagnoses) {
    if (diagnosis.severity === 'info' || diagnosis.verdict === 'muted' || diagnosis.verdict === 'wrong') continue;
    const ranges = new Map<string, EvidenceRange>();
    for (const signal of diagnosis.signals) {
      const facts = signal.evidence.length > 0 ? signal.evidence : [{ series: signal.series, fromStep: signal.onsetStep, toStep: signal.step }];
      for (const { series, fromStep, toStep } of facts) {
        const old = ranges.get(series);
        const end = diagnosis.state === 'open' && signal.active ? Infinity : toStep;
        ranges.set(series, {
          diagnosis: diagnosis.id,
          label: diagnosis.title,
          tone: diagnosis.state === 'open' ? toneOf(diagnosis.severity) : 'info',
          onset: Math.min(old?.onset ?? Infinity, signal.onsetStep),
          from: Math.min(old?.from ?? Infinity, fromStep, signal.onsetStep),
          to: Math.max(old?.to ?? -Infinity, end),
        });
      }
    }
    for (const [series, range] of ranges) result.set(series, [...(result.get(series) ?? []), range]);
  }
  return result;
}
