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

/** The worst of the open diagnoses, and how many more there are. */
export function worst<T extends Finding>(findings: readonly T[]): { top: T; more: number } | null {
  const top = [...findings].sort(bySeverity)[0];
  return top ? { top, more: findings.length - 1 } : null;
}
