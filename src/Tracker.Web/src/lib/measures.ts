import type { SeriesData } from './points';

/** The q-quantile of finite values by nearest rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/**
 * Values to count shares with. A reduced curve holds the extremes of every column, which are no fair sample: of each column the first and the last point are.
 * @param width Width of a column on the x axis; undefined: every point is there.
 */
export function fairSample({ x, y }: Pick<SeriesData, 'x' | 'y'>, total: number, width: number | undefined): number[] {
  if (width === undefined || x.length >= total) return [...y];
  const column = (i: number): number => Math.floor(x[i]! / width);
  return y.filter((_, i) => i === 0 || i === x.length - 1 || column(i) !== column(i - 1) || column(i) !== column(i + 1));
}

/** Share of values above a level. */
export const shareAbove = (values: readonly number[], level: number): number =>
  values.length === 0 ? NaN : values.filter((value) => value > level).length / values.length;

export interface Noise {
  /** Deviation of one batch's loss from the next, as noise of a single batch. */
  batch: number;
  /** Deviation of the raw curve from its average. */
  actual: number;
  /** What the average predicts for it from the batches' noise. */
  predicted: number;
}

/**
 * How far the raw curve strays from its exponential average, beside what independent batches give. With noise σ of a batch (differences of neighbours over √2)
 * and weight w, y − ema has the deviation σ · w · √(2 / (1 + w)). More than that is movement that lasts for several steps: not the batches, but the rate.
 */
export function noiseOf(y: readonly number[], smoothed: readonly number[], weight: number): Noise {
  const spread = (values: readonly number[]): number => quantile(values.map(Math.abs), 0.5) / 0.6745;
  const batch = spread(y.slice(1).map((value, i) => value - y[i]!)) / Math.SQRT2;
  return { batch, actual: spread(y.map((value, i) => value - smoothed[i]!)), predicted: batch * weight * Math.sqrt(2 / (1 + weight)) };
}

/** At most so many of a list, spread evenly, the first and the last among them. */
export function spreadOver<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]!);
}

/** A ratio as people say it: `1/4,256`, `3.1`. */
export function ratioText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  return value < 0.1 ? `1/${new Intl.NumberFormat('en', { maximumSignificantDigits: 4 }).format(1 / value)}` : String(Number(value.toPrecision(2)));
}

export const percent = (share: number): string => (Number.isFinite(share) ? `${share > 0 && share < 0.01 ? '<1' : Math.round(share * 100)} %` : '–');

/** What a learning rate does over a run, in words. */
export function scheduleWords(y: readonly number[]): string {
  const values = y.filter(Number.isFinite);
  if (values.length === 0) return 'nothing';
  const [first, last, high, low] = [values[0]!, values.at(-1)!, Math.max(...values), Math.min(...values)];
  if (high - low <= Math.abs(high) * 1e-6) return 'constant';
  const peak = values.indexOf(high) / values.length;
  const warm = first < 0.5 * high && peak < 0.5;
  if (warm && last < 0.9 * high) return 'warm-up, then decay';
  if (warm) return 'warm-up, then constant';
  const turns = values.slice(2).filter((value, i) => (value - values[i + 1]!) * (values[i + 1]! - values[i]!) < 0).length;
  if (turns >= 3) return 'up and down';
  return last < first ? 'decays' : 'rises';
}
