import { nearestIndex } from './points';

interface CurveLike {
  x: readonly number[];
  y: readonly number[];
  smoothed?: readonly number[] | undefined;
}

/** Many curves as one: at each x the mean of those that reach there, and the least and greatest value that any of them has in the column around it. */
export interface Band {
  x: number[];
  mean: number[];
  low: number[];
  high: number[];
}

/**
 * The band of several curves on a common grid of at most `columns` places. The mean is that of the smoothed curves where there are any, each read linearly
 * between its points and only within its own range; least and greatest are those of the raw points of the column, so that no spike is lost.
 */
export function bandOf(curves: readonly CurveLike[], columns: number, log = false): Band {
  const filled = curves.filter((curve) => curve.x.length > 0 && (!log || curve.x.at(-1)! > 0));
  const band: Band = { x: [], mean: [], low: [], high: [] };
  if (filled.length === 0) return band;
  const grid = gridOf(filled, columns, log);
  const places = filled.map(() => 0);
  for (let k = 0; k < grid.length; k++) {
    const at = grid[k]!;
    const to = k + 1 < grid.length ? (at + grid[k + 1]!) / 2 : Infinity;
    let [sum, count, low, high] = [0, 0, Infinity, -Infinity];
    filled.forEach(({ x, y, smoothed }, i) => {
      const value = at < x[0]! || at > x.at(-1)! ? NaN : interpolate(x, smoothed ?? y, at);
      if (Number.isFinite(value)) {
        sum += value;
        count++;
        const raw = smoothed ? interpolate(x, y, at) : value;
        low = Math.min(low, raw);
        high = Math.max(high, raw);
      }
      let place = places[i]!;
      for (; place < x.length && x[place]! < to; place++) {
        low = Math.min(low, y[place]!);
        high = Math.max(high, y[place]!);
      }
      places[i] = place;
    });
    if (count === 0) continue;
    band.x.push(at);
    band.mean.push(sum / count);
    band.low.push(low);
    band.high.push(high);
  }
  return band;
}

/** The x values of all curves where they are few, else places of equal distance. */
function gridOf(curves: readonly CurveLike[], columns: number, log: boolean): number[] {
  const all = new Set<number>();
  for (const { x } of curves) for (const value of x) if (!log || value > 0) all.add(value);
  const sorted = [...all].sort((a, b) => a - b);
  if (sorted.length <= columns) return sorted;
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  return Array.from({ length: columns }, (_, k) => {
    const share = k / (columns - 1);
    return log ? low * (high / low) ** share : low + (high - low) * share;
  });
}

/** The value at x of a curve that is read linearly between its points. */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const near = nearestIndex(xs, x);
  if (near < 0) return NaN;
  if (xs[near] === x) return ys[near]!;
  const low = xs[near]! < x ? near : near - 1;
  if (low < 0 || low + 1 >= xs.length) return ys[near]!;
  const share = (x - xs[low]!) / (xs[low + 1]! - xs[low]!);
  return ys[low]! + share * (ys[low + 1]! - ys[low]!);
}

/** What a curve's own noise spans: at each point the least and greatest of its neighbours, as many on either side. */
export function envelope(ys: readonly number[], around: number): { low: number[]; high: number[] } {
  const low: number[] = [];
  const high: number[] = [];
  // Indexes whose values rise (fall) from the front: the front is the least (greatest) of the window.
  const [least, greatest]: [number[], number[]] = [[], []];
  let [l, g] = [0, 0];
  for (let i = 0; i < ys.length + around; i++) {
    if (i < ys.length) {
      while (least.length > l && ys[least.at(-1)!]! >= ys[i]!) least.pop();
      least.push(i);
      while (greatest.length > g && ys[greatest.at(-1)!]! <= ys[i]!) greatest.pop();
      greatest.push(i);
    }
    const at = i - around;
    if (at < 0) continue;
    while (least[l]! < at - around) l++;
    while (greatest[g]! < at - around) g++;
    low.push(ys[least[l]!]!);
    high.push(ys[greatest[g]!]!);
  }
  return { low, high };
}
