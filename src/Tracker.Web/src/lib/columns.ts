import { metricField, parseField } from './fields';
import { accuracySeries, primarySeries } from './sections';

/** One column of the runs table. `field` is the name of a field, `health`, `spark` (the curve of the loss) or `spark.<series>`. */
export interface Column {
  field: string;
  /** CSS pixels; unless given, what suits the field. */
  width?: number | undefined;
  pinned?: boolean | undefined;
}

const escape = (text: string): string => text.replace(/[%;:^]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const unescape = (text: string): string => text.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Columns as one short text for the URL: `^name:220;health;metrics.val/loss`. */
export const writeColumns = (columns: readonly Column[]): string =>
  columns.map(({ field, width, pinned }) => `${pinned ? '^' : ''}${escape(field)}${width ? `:${Math.round(width)}` : ''}`).join(';');

export function readColumns(text: string): Column[] {
  const seen = new Set<string>();
  return text.split(';').flatMap((part): Column[] => {
    const match = /^(\^?)([^:]+)(?::(\d+))?$/.exec(part);
    if (!match) return [];
    const field = unescape(match[2]!);
    if (seen.has(field)) return [];
    seen.add(field);
    return [{ field, width: match[3] ? clampWidth(Number(match[3])) : undefined, pinned: match[1] === '^' || undefined }];
  });
}

export const clampWidth = (width: number): number => Math.min(800, Math.max(44, width));

const widths: Record<string, number> = {
  name: 200, health: 216, spark: 104, state: 92, lastStep: 72, createdAt: 88, finishedAt: 88, tags: 140, notes: 180, group: 120, jobType: 90,
  duration: 92, id: 170, deletedAt: 88, purgeAt: 104, exitCode: 76, reference: 120,
};

export const widthOf = ({ field, width }: Column): number => width ?? widths[field.startsWith('spark') ? 'spark' : field] ?? (field.startsWith('config.') ? 112 : 96);

/** The pinned columns first, each group in its own order. */
export const arranged = (columns: readonly Column[]): Column[] => [...columns.filter((column) => column.pinned), ...columns.filter((column) => !column.pinned)];

/** What a project's table shows until somebody chooses: how each run is and where it stands, then the config keys that people ask for first. */
export function usualColumns(metrics: readonly string[], config: readonly string[]): Column[] {
  const [loss, accuracy] = [primarySeries(metrics), accuracySeries(metrics)];
  const val = ['val/loss', 'eval/loss', 'val_loss'].find((name) => metrics.includes(name));
  const keys = ['lr', 'learning_rate', 'optimizer', 'optimizer.name', 'optimizer.lr', 'batch_size', 'model', 'arch', 'seed'].filter((key) => config.includes(key)).slice(0, 3);
  return [
    { field: 'name', pinned: true }, { field: 'health' }, { field: 'state' }, { field: 'spark' },
    ...[loss, val, accuracy].filter((name, i, all): name is string => name !== undefined && all.indexOf(name) === i).map((name) => ({ field: metricField(name) })),
    { field: 'lastStep' }, { field: 'duration' },
    ...keys.map((key) => ({ field: `config.${key}` })),
    { field: 'tags' }, { field: 'createdAt' },
  ];
}

/** The same beside the charts, where there is little room. */
export function sideColumns(metrics: readonly string[]): Column[] {
  const [loss, accuracy] = [primarySeries(metrics), accuracySeries(metrics)];
  return [
    { field: 'name', pinned: true, width: 132 }, { field: 'health', width: 140 }, { field: 'spark' },
    ...[loss, accuracy].filter((name): name is string => name !== undefined).map((name) => ({ field: metricField(name), width: 76 })),
  ];
}

const always = ['name', 'state', 'tags', 'group', 'jobType', 'notes', 'reference', 'exitCode', 'createdAt', 'finishedAt', 'lastStep', 'sequence', 'projectSequence', 'stop', 'diagnoses'];

/** What a list must ask for to fill these columns: all attributes, which are cheap, and of config and metrics only what is shown. */
export function fieldsFor(columns: readonly Column[], extra: readonly string[] = [], deleted = false): string {
  const named = [...columns.map((column) => column.field), ...extra].filter((field) => parseField(field).kind !== 'attribute');
  return [...always, ...(deleted ? ['deletedAt', 'purgeAt'] : []), ...new Set(named)].join(',');
}

/** Moves a column to where another one is; pinned ones stay among themselves. */
export function moveColumn(columns: readonly Column[], field: string, to: string): Column[] {
  const moved = columns.find((column) => column.field === field);
  const target = columns.find((column) => column.field === to);
  if (!moved || !target || moved === target) return [...columns];
  const later = columns.indexOf(moved) < columns.indexOf(target);
  const rest = columns.filter((column) => column !== moved);
  rest.splice(rest.indexOf(target) + (later ? 1 : 0), 0, { ...moved, pinned: target.pinned });
  return rest;
}

/** One key of an order. */
export interface OrderKey {
  field: string;
  descending: boolean;
}

/** Reads `metrics.val/loss, createdAt desc`. */
export function readOrder(text: string | undefined): OrderKey[] {
  const keys: OrderKey[] = [];
  for (const [, field, way] of (text ?? '').matchAll(/((?:"(?:\\.|[^"])*"|[^\s,"])+)(?:\s+(asc|desc))?\s*(?:,|$)/gi)) keys.push({ field: field!, descending: way?.toLowerCase() === 'desc' });
  return keys;
}

export const writeOrder = (keys: readonly OrderKey[]): string | undefined => keys.map(({ field, descending }) => (descending ? `${field} desc` : field)).join(', ') || undefined;

/** A click on a heading: ascending, then descending, then no longer; with `also` it joins the order that is there. */
export function nextOrder(keys: readonly OrderKey[], field: string, also: boolean): OrderKey[] {
  const old = keys.find((key) => key.field === field);
  const next: OrderKey[] = old?.descending ? [] : [{ field, descending: old !== undefined }];
  if (!also) return next;
  return old ? keys.flatMap((key) => (key === old ? next : [key])) : [...keys, ...next];
}
