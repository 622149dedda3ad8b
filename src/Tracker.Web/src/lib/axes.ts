/** What a y axis must fit: the extent of the visible values, with a little air. */
export interface Curve {
  x: readonly number[];
  y: readonly number[];
  smoothed?: readonly number[] | undefined;
}

export type Range = [number, number];

/** First to last x over all curves; a single point gets room around it. */
export function xExtent(curves: readonly Curve[], extra: readonly number[] = []): Range {
  let low = Infinity;
  let high = -Infinity;
  for (const { x } of curves) {
    if (x.length === 0) continue;
    low = Math.min(low, x[0]!);
    high = Math.max(high, x[x.length - 1]!);
  }
  for (const x of extra) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The y range that shows every visible value; on a log axis only what is above zero counts. */
export function yExtent(curves: readonly Curve[], [from, to]: Range, log: boolean): Range {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number | undefined) => {
    if (value === undefined || !Number.isFinite(value) || (log && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { x, y, smoothed } of curves) {
    for (let i = 0; i < x.length; i++) {
      if (x[i]! < from || x[i]! > to) continue;
      take(y[i]);
      take(smoothed?.[i]);
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const air = Math.max(1.08, (high / low) ** 0.05);
    return [low / air, high * air];
  }
  if (low === high) {
    const air = low === 0 ? 1 : Math.abs(low) * 0.5;
    return low > 0 ? [Math.max(0, low - air), high + air] : [low - air, high + air];
  }
  const air = (high - low) * 0.05;
  // An axis that nearly reaches zero shows zero; one that holds only non-negative values does not go below it.
  return [low >= 0 && low < (high - low) * 0.25 ? 0 : low - air, high + air];
}

/** Which ticks of a log axis are labelled: powers of ten where there are several, else 1, 2 and 5. */
export function logTickShown(value: number, decades: number): boolean {
  const digit = Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3));
  if (decades > 6) return digit === 1 && Math.round(Math.log10(value)) % 2 === 0;
  return digit === 1 || (decades < 2 && (digit === 2 || digit === 5));
}

/** How many values a log axis cannot show. */
export const notPositive = (curves: readonly Curve[]): number =>
  curves.reduce((sum, { y }) => sum + y.reduce((count, value) => count + (value <= 0 ? 1 : 0), 0), 0);
