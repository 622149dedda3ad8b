import { wordOf } from './verdicts';

/** How long a mute may be asked for; undefined: until somebody ends it. */
export const spans: readonly { name: string; hours: number | undefined }[] = [
  { name: 'until it is ended', hours: undefined },
  { name: 'for an hour', hours: 1 },
  { name: 'for a day', hours: 24 },
  { name: 'for a week', hours: 168 },
];

export const untilOf = (hours: number | undefined, now: number): { until?: string } => (hours === undefined ? {} : { until: new Date(now + hours * 3_600_000).toISOString() });

interface MuteLike {
  run?: string | null | undefined;
  condition?: string | null | undefined;
}

interface DiagnosisLike {
  run: string;
  severity: string;
  signals: readonly { id: string; severity: string; active: boolean }[];
}

/** The conditions that make a diagnosis more than a note: it is silent when each of them is muted. Of a note all count. */
export function conditionsOf({ severity, signals }: DiagnosisLike): string[] {
  return [...new Set(signals.filter((signal) => signal.active && (severity === 'info' || signal.severity !== 'info')).map((signal) => signal.id))];
}

/** The mutes that silence a diagnosis; none where something of it is still heard. */
export function mutesOf<M extends MuteLike>(diagnosis: DiagnosisLike, mutes: readonly M[]): M[] {
  const here = mutes.filter((mute) => !mute.run || mute.run === diagnosis.run);
  const all = here.filter((mute) => !mute.condition);
  if (all.length > 0) return all;
  const conditions = conditionsOf(diagnosis);
  const found = here.filter((mute) => conditions.includes(mute.condition!));
  return conditions.length > 0 && conditions.every((condition) => found.some((mute) => mute.condition === condition)) ? found : [];
}

/** What a mute is about, in words. */
export function scopeOf(mute: MuteLike, runName?: string): string {
  const where = mute.run ? `in the run ${runName ?? mute.run}` : 'in all runs of the project';
  return mute.condition ? `${wordOf(mute.condition)} (${mute.condition}) ${where}` : `Everything ${where}`;
}
