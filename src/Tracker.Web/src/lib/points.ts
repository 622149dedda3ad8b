import { continueEma, emaValue, type EmaState } from './ema';
import { toNumber, type Num } from './numbers';

/** A series as a chart reads it: finite points by x, the non-finite ones apart. */
export interface SeriesData {
  name: string;
  total: number;
  x: number[];
  y: number[];
  smoothed?: number[];
  smoothState?: EmaState;
  nonFinite: { x: number; value: Num }[];
}

/** Points as the live feed sends them, in canonical order. */
export interface LivePoints {
  name: string;
  steps: number[];
  times: number[];
  values: Num[];
}

export interface Appended {
  series: SeriesData;
  /** Points behind the end of the curve: only a new read can place them. */
  behind: number;
}

/**
 * Appends live points to a curve. A point at the last x replaces it (charts take the greatest sequence of a step); one behind it is counted, not drawn.
 * @param axis Whether x is the step or the time in Unix milliseconds.
 * @param to Last x that is shown; later points are left out. Undefined: the curve grows.
 */
export function appendPoints(series: SeriesData, live: LivePoints, axis: 'step' | 'time', to?: number): Appended {
  const next: SeriesData = { ...series, x: series.x.slice(), y: series.y.slice(), nonFinite: series.nonFinite.slice() };
  const smoothed = series.smoothed?.slice();
  if (smoothed) next.smoothed = smoothed;
  let state = series.smoothState;
  let behind = 0;
  const xs = axis === 'step' ? live.steps : live.times;

  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    const value = toNumber(live.values[i]);
    const last = lastX(next);
    if (to !== undefined && x > to) continue;
    if (x < last) {
      behind++;
      continue;
    }
    if (x > last) next.total++;
    if (!Number.isFinite(value)) {
      if (next.nonFinite.at(-1)?.x !== x) next.nonFinite.push({ x, value: live.values[i]! });
      continue;
    }
    if (next.x.at(-1) === x) {
      next.y[next.y.length - 1] = value;
      continue;
    }
    next.x.push(x);
    next.y.push(value);
    if (smoothed && state) {
      state = continueEma(state, value);
      smoothed.push(emaValue(state));
    }
  }
  if (state) next.smoothState = state;
  return { series: next, behind };
}

/** The end of a curve, its non-finite points included. */
export const lastX = (series: SeriesData): number => Math.max(series.x.at(-1) ?? -Infinity, series.nonFinite.at(-1)?.x ?? -Infinity);

/** Index of the point nearest to x in ascending xs; −1 when there is none. */
export function nearestIndex(xs: ArrayLike<number>, x: number): number {
  if (xs.length === 0) return -1;
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  return Math.abs(xs[low]! - x) <= Math.abs(xs[high]! - x) ? low : high;
}

/** The mark nearest to x; undefined when there is none. */
export function nearestMark<T extends { x: number }>(marks: readonly T[], x: number): T | undefined {
  let best: T | undefined;
  for (const mark of marks) if (!best || Math.abs(mark.x - x) < Math.abs(best.x - x)) best = mark;
  return best;
}
