export type Severity = 'info' | 'warn' | 'high' | 'crit';
export type Tone = 'ok' | 'info' | 'warn' | 'crit';

const ranks: Record<Severity, number> = { info: 0, warn: 1, high: 2, crit: 3 };

/** High and crit are both "critical" to people. */
export const toneOf = (severity: Severity): Tone => (severity === 'warn' ? 'warn' : severity === 'info' ? 'info' : 'crit');

export const toneWord: Record<Tone, string> = { ok: 'Healthy', info: 'Note', warn: 'Warning', crit: 'Critical' };

interface Finding {
  severity: Severity;
  onsetStep: number;
}

/** Worst first, then the one that began first: what came first is nearer to the root. */
export const bySeverity = (a: Finding, b: Finding): number => ranks[b.severity] - ranks[a.severity] || a.onsetStep - b.onsetStep;

/** The worst of the open diagnoses that want an answer, and how many more there are. Notes are none of them. */
export function worst<T extends Finding>(findings: readonly T[]): { top: T; more: number } | null {
  const loud = findings.filter((finding) => finding.severity !== 'info').sort(bySeverity);
  return loud[0] ? { top: loud[0], more: loud.length - 1 } : null;
}

/** Causes that are no faults: the run goes well; something is not logged. */
export const healthyCause = 'healthy';
export const notLoggedCause = 'not-logged';

interface Full extends Finding {
  cause: string;
  state: 'open' | 'resolved';
  verdict: string | null;
}

export interface Triage<T> {
  /** Open, a warning or worse, not answered: what the page is about. Worst first. */
  loud: T[];
  /** What somebody has answered. */
  answered: T[];
  /** Observations that ask for nothing. */
  notes: T[];
  /** What was a warning and is over. */
  over: T[];
  healthy: boolean;
}

/** The diagnoses of a run in the order in which people need them. What is not logged is left to the examination. */
export function triage<T extends Full>(diagnoses: readonly T[]): Triage<T> {
  const result: Triage<T> = { loud: [], answered: [], notes: [], over: [], healthy: false };
  for (const diagnosis of [...diagnoses].sort(bySeverity)) {
    const { cause, state, severity, verdict } = diagnosis;
    if (cause === notLoggedCause) continue;
    if (cause === healthyCause) result.healthy ||= state === 'open';
    else if (state === 'open' && verdict !== null && severity !== 'info') result.answered.push(diagnosis);
    else if (severity === 'info') result.notes.push(diagnosis);
    else if (state === 'resolved') result.over.push(diagnosis);
    else result.loud.push(diagnosis);
  }
  return result;
}
