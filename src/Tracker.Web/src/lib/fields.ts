import { toNumber, type Num } from './numbers';

/** A run as a table holds it: attributes, its config flat, of its metrics what was asked for. */
export interface Row {
  id: string;
  name: string;
  state: 'running' | 'finished' | 'failed' | 'killed' | 'lost';
  tags: string[];
  group: string | null;
  jobType: string | null;
  notes: string | null;
  reference: string | null;
  exitCode: number | null;
  createdAt: string;
  finishedAt: string | null;
  deletedAt?: string | null;
  purgeAt?: string | null;
  lastStep: number | null;
  sequence: number;
  projectSequence: number;
  stop: { reason: string | null; by: string | null } | null;
  diagnoses: { id: string; severity: 'info' | 'warn' | 'high' | 'crit'; title: string; cause: string; state: 'open' | 'resolved'; onsetStep: number }[];
  config: Record<string, unknown>;
  metrics: Record<string, Partial<Record<Form, Num | null>>>;
}

export const forms = ['last', 'min', 'max', 'mean', 'count', 'nonFinite', 'lastStep'] as const;
export type Form = (typeof forms)[number];

/** A field by the name that filters, orders and columns use: `metrics.val/loss.min`, `config.optimizer.name`, `state`. */
export type Field =
  | { kind: 'metric'; series: string; form: Form }
  | { kind: 'config'; path: string }
  | { kind: 'attribute'; name: string };

const quote = /^(["'`])(.*)\1$/s;
const unquote = (text: string): string => {
  const inner = quote.exec(text);
  return inner ? inner[2]!.replaceAll(`\\${inner[1]}`, inner[1]!).replaceAll('\\\\', '\\') : text;
};

/** The parts of a name, cut at the dots that stand outside quotes. */
export function segments(name: string): string[] {
  const parts: string[] = [];
  const pattern = /(["'`])(?:\\.|(?!\1).)*\1|[^.]+/gs;
  for (const [part] of name.matchAll(pattern)) parts.push(part);
  return parts;
}

export function parseField(name: string): Field {
  const [head, ...rest] = segments(name);
  if (head === 'metrics' && rest.length > 0) {
    const last = rest.at(-1)!;
    const form = rest.length > 1 && (forms as readonly string[]).includes(last) ? (last as Form) : undefined;
    return { kind: 'metric', series: (form ? rest.slice(0, -1) : rest).map(unquote).join('.'), form: form ?? 'last' };
  }
  if (head === 'config' && rest.length > 0) return { kind: 'config', path: rest.map(unquote).join('.') };
  return { kind: 'attribute', name };
}

const odd = /[\s,()=<>!"'`]/;
const written = (part: string): string => (odd.test(part) || part === '' ? `"${part.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : part);

/** How a filter writes a metric. A name that ends like a form, or that has odd characters, stands in quotes. */
export function metricField(series: string, form: Form = 'last'): string {
  const ends = (forms as readonly string[]).includes(series.split('.').at(-1)!) && series.includes('.');
  const name = odd.test(series) || ends ? `"${series.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : series;
  return `metrics.${name}${form === 'last' ? '' : `.${form}`}`;
}

export const configField = (path: string): string => `config.${path.split('.').map(written).join('.')}`;

export type Value = number | string | boolean | string[] | null;

/** What a run has in a field. Numbers that are not finite are numbers here; nothing is null. */
export function valueOf(row: Row, field: Field, now = Date.now()): Value {
  if (field.kind === 'metric') {
    const value = row.metrics[field.series]?.[field.form];
    return value == null ? null : toNumber(value);
  }
  if (field.kind === 'config') return plain(row.config[field.path]);
  switch (field.name) {
    case 'duration': return ((row.finishedAt ? Date.parse(row.finishedAt) : now) - Date.parse(row.createdAt)) / 1000;
    case 'diagnoses.count': return row.diagnoses.length;
    case 'diagnoses.severity': return worstOf(row) ?? null;
    case 'diagnoses.cause': return row.diagnoses.map((diagnosis) => diagnosis.cause);
    default: return plain((row as unknown as Record<string, unknown>)[field.name]);
  }
}

const ranks = ['info', 'warn', 'high', 'crit'] as const;
const worstOf = (row: Row) => ranks[Math.max(-1, ...row.diagnoses.map((diagnosis) => ranks.indexOf(diagnosis.severity)))];

function plain(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  return JSON.stringify(value);
}

/** Nested config as dotted keys; arrays stay as they are. */
export function flatConfig(config: unknown, prefix = '', into: Record<string, unknown> = {}): Record<string, unknown> {
  for (const [key, value] of Object.entries((config ?? {}) as Record<string, unknown>)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) flatConfig(value, path, into);
    else into[path] = value;
  }
  return into;
}

/** A short name for a heading: `val/loss`, `val/loss min`, `optimizer.name`, `created`. */
export function fieldLabel(field: Field): string {
  if (field.kind === 'metric') return field.form === 'last' ? field.series : `${field.series} ${formWord[field.form]}`;
  if (field.kind === 'config') return field.path;
  return attributeLabel[field.name] ?? field.name;
}

const formWord: Record<Form, string> = { last: 'last', min: 'min', max: 'max', mean: 'mean', count: 'points', nonFinite: 'non-finite', lastStep: 'last step' };

const attributeLabel: Record<string, string> = {
  name: 'Run', health: 'Health', spark: 'Curve', state: 'State', lastStep: 'Step', createdAt: 'Created', finishedAt: 'Finished', jobType: 'Job type',
  tags: 'Tags', notes: 'Notes', group: 'Group', duration: 'Duration', exitCode: 'Exit code', id: 'Id', reference: 'Reference', deletedAt: 'Deleted',
  purgeAt: 'Gone for good', 'diagnoses.count': 'Diagnoses', 'diagnoses.severity': 'Severity', 'diagnoses.cause': 'Causes',
};
