import { forestImportance } from './forest';
import { spearman, type Correlation } from './ranks';

/** A hyper-parameter with its value in each run; null where a run has none. */
export interface Parameter {
  name: string;
  values: readonly (number | string | null)[];
}

export interface Importance {
  name: string;
  /** Different values among the runs. */
  distinct: number;
  /** How much worse the forest gets without it, in variances of the target; and its standard error. */
  forest: number;
  error: number;
  /** Null for texts, which have no order, and where nothing varies. */
  correlation: Correlation | null;
}

export interface ImportanceReport {
  n: number;
  explained: number;
  items: Importance[];
}

const mostCategories = 12;
/** Fewer runs than this tell nothing. */
export const leastRuns = 8;

/** What each hyper-parameter has to do with a number, the most important first; null where there are too few runs that have it. */
export function importanceOf(parameters: readonly Parameter[], target: readonly number[], seed = 1): ImportanceReport | null {
  const rows = target.map((_, i) => i).filter((i) => Number.isFinite(target[i]));
  if (rows.length < leastRuns) return null;
  const y = Float64Array.from(rows, (i) => target[i]!);
  const columns: Float64Array[] = [];
  const groups: number[][] = [];
  const kept = parameters.filter((parameter) => new Set(rows.map((i) => parameter.values[i])).size > 1);
  for (const parameter of kept) {
    const encoded = encode(rows.map((i) => parameter.values[i] ?? null));
    groups.push(encoded.map((_, k) => columns.length + k));
    columns.push(...encoded);
  }
  if (kept.length === 0) return { n: rows.length, explained: 0, items: [] };
  const { importance, explained } = forestImportance(columns, y, groups, { seed, trees: rows.length > 300 ? 80 : 150 });
  const items = kept.map((parameter, g): Importance => {
    const values = rows.map((i) => parameter.values[i] ?? null);
    const numeric = values.every((value) => typeof value !== 'string');
    return {
      name: parameter.name,
      distinct: new Set(values).size,
      forest: importance[g]!.mean,
      error: importance[g]!.error,
      correlation: numeric ? spearman(values.map((value) => (typeof value === 'number' ? value : NaN)), [...y]) : null,
    };
  });
  return { n: rows.length, explained, items: items.sort((a, b) => b.forest - a.forest) };
}

/** Numbers as they are (a tree asks only for their order), missing ones below all; texts as one column each, the rarest together. */
function encode(values: readonly (number | string | null)[]): Float64Array[] {
  if (values.every((value) => typeof value !== 'string')) {
    const least = Math.min(...values.map((value) => (typeof value === 'number' && Number.isFinite(value) ? value : Infinity)));
    return [Float64Array.from(values, (value) => (typeof value === 'number' && Number.isFinite(value) ? value : least - 1))];
  }
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const common = [...counts].sort((a, b) => b[1] - a[1]).slice(0, mostCategories).map(([value]) => value);
  return common.map((category) => Float64Array.from(values, (value) => (String(value) === category ? 1 : 0)));
}
