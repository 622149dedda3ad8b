import { valueOf, type Field, type Row } from './fields';

/** What the runs of a group have in a column that holds numbers. */
export interface Aggregate {
  mean: number;
  min: number;
  max: number;
  /** Sample standard deviation; NaN of one run. */
  std: number;
  count: number;
}

export const aggregates = ['mean', 'min', 'max', 'std', 'count'] as const;
export type AggregateName = (typeof aggregates)[number];

export interface Group {
  key: string;
  /** The value of each field that the runs were grouped by. */
  values: (string | null)[];
  rows: Row[];
}

const textOf = (value: ReturnType<typeof valueOf>): string | null => (value === null ? null : Array.isArray(value) ? value.join(', ') : String(value));

/** Runs with the same values in the fields, in the order in which the groups first appear. */
export function groupsOf(rows: readonly Row[], fields: readonly Field[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const values = fields.map((field) => textOf(valueOf(row, field)));
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { key, values, rows: [row] });
  }
  return [...groups.values()];
}

/** Mean, least, greatest, spread and number of the finite numbers; null where there are none. */
export function aggregate(values: readonly unknown[]): Aggregate | null {
  let [count, mean, squares, min, max] = [0, 0, 0, Infinity, -Infinity];
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    // Welford: steady also where the mean is large beside the spread.
    count++;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return count === 0 ? null : { mean, min, max, count, std: count > 1 ? Math.sqrt(squares / (count - 1)) : NaN };
}

/** What a group shows in a column: numbers as an aggregate, else the one value that all share, else how many there are. */
export function summary(rows: readonly Row[], field: Field): { aggregate: Aggregate } | { text: string } | null {
  const values = rows.map((row) => valueOf(row, field));
  const found = aggregate(values);
  if (found) return { aggregate: found };
  const texts = new Set(values.map(textOf).filter((text): text is string => text !== null && text !== ''));
  if (texts.size === 0) return null;
  return { text: texts.size === 1 ? [...texts][0]! : `${texts.size} values` };
}
