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

/** The y range that shows every visible value, and the lines that guide the eye; on a log axis only what is above zero counts. */
export function yExtent(curves: readonly Curve[], [from, to]: Range, log: boolean, guides: readonly number[] = []): Range {
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
  guides.forEach(take);
  if (log) {
    const air = high / low < 1 + 1e-9 ? 10 : Math.max(1.08, (high / low) ** 0.05);
    return [low / air, high * air];
  }
  // Rounding noise of a smoothed constant is no movement.
  if (high - low <= Math.abs(high) * 1e-9) {
    const air = low === 0 ? 1 : Math.abs(low) * 0.5;
    return low > 0 ? [Math.max(0, low - air), high + air] : [low - air, high + air];
  }
  const air = (high - low) * 0.05;
  // An axis that nearly reaches zero shows zero; one that holds only non-negative values does not go below it.
  return [low >= 0 && low < (high - low) * 0.25 ? 0 : low - air, high + air];
}

/** The ticks of a log axis: powers of ten, thinned where there are many, with 1, 2 and 5 where there are few; linear ones within half a decade. */
export function logTicks([low, high]: Range, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = Math.log10(high / low);
  if (decades < 0.5) return linearTicks([low, high], most);
  const every = Math.max(1, Math.ceil(decades / most));
  const digits = decades < most / 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = Math.ceil(first / every) * every; exponent <= last; exponent += every) {
    for (const digit of digits) {
      const tick = Number(`${digit}e${exponent}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/** Round values across a linear range, about so many. */
export function linearTicks([low, high]: Range, most: number): number[] {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** So many times the usual value, and a linear axis shows nothing but the peak. */
const far = 50;

/** Whether curves above zero reach so far over what they usually are that only a log axis shows them: an explosion, a spike, a loss that fell by decades. */
export function spansDecades(curves: readonly Curve[]): boolean {
  let [least, greatest] = [Infinity, 0];
  for (const { y } of curves) {
    for (const value of y) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  }
  if (least <= 0 || greatest / least < far) return false;
  return curves.some(({ y }) => y.length >= 10 && y.reduce((count, value) => count + (value * far < greatest ? 1 : 0), 0) > y.length / 2);
}

/** How many values a log axis cannot show. */
export const notPositive = (curves: readonly Curve[]): number =>
  curves.reduce((sum, { y }) => sum + y.reduce((count, value) => count + (value <= 0 ? 1 : 0), 0), 0);

/**
 * A y range that leaves the few outliers out, and how many values it leaves out: the middle 96 % of what is visible (of the smoothed curves all of it),
 * with half of that again on either side.
 */
export function calmExtent(curves: readonly Curve[], x: Range, log: boolean): { y: Range; cut: number } {
  const values: number[] = [];
  const smooth: number[] = [];
  for (const curve of curves) {
    curve.x.forEach((at, i) => {
      const value = curve.y[i]!;
      if (at < x[0] || at > x[1] || !Number.isFinite(value) || (log && value <= 0)) return;
      values.push(log ? Math.log(value) : value);
      const mean = curve.smoothed?.[i];
      if (mean !== undefined && Number.isFinite(mean) && (!log || mean > 0)) smooth.push(log ? Math.log(mean) : mean);
    });
  }
  if (values.length < 20) return { y: yExtent(curves, x, log), cut: 0 };
  values.sort((a, b) => a - b);
  smooth.sort((a, b) => a - b);
  const at = (list: number[], share: number) => list[Math.round(share * (list.length - 1))]!;
  const [low, high] = [at(values, 0.02), at(values, 0.98)];
  const air = (high - low) * 0.5 || Math.abs(high) * 0.05 || 1;
  // Smoothed curves follow a spike, too: of them only the middle counts.
  const [least, greatest] = smooth.length > 0 ? [at(smooth, 0.01), at(smooth, 0.99)] : [low, high];
  const range: Range = [Math.max(values[0]!, Math.min(low - air, least)), Math.min(values.at(-1)!, Math.max(high + air, greatest))];
  const cut = values.reduce((sum, value) => sum + (value < range[0] || value > range[1] ? 1 : 0), 0);
  const edge = (range[1] - range[0]) * 0.05;
  const padded: Range = [range[0] - edge, range[1] + edge];
  return { y: log ? [Math.exp(padded[0]), Math.exp(padded[1])] : [low >= 0 && padded[0] < 0 ? 0 : padded[0], padded[1]], cut };
}
