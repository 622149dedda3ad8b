/** Ranks from 1, ties sharing the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j + 1 < order.length && values[order[j + 1]!] === values[order[i]!]) j++;
    for (let k = i; k <= j; k++) result[order[k]!] = (i + j) / 2 + 1;
    i = j + 1;
  }
  return result;
}

export interface Correlation {
  /** Spearman's, −1 to 1. */
  rho: number;
  low: number;
  high: number;
  n: number;
}

/** Spearman's rank correlation of the pairs that are both finite, with its 95 % interval by Fisher's z and the variance of Bonett and Wright (2000). Null below four pairs or without spread. */
export function spearman(xs: readonly number[], ys: readonly number[]): Correlation | null {
  const pairs = xs.map((x, i) => [x, ys[i]!] as const).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const n = pairs.length;
  if (n < 4) return null;
  const [a, b] = [ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))];
  const mean = (n + 1) / 2;
  let [sab, saa, sbb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    sab += (a[i]! - mean) * (b[i]! - mean);
    saa += (a[i]! - mean) ** 2;
    sbb += (b[i]! - mean) ** 2;
  }
  if (saa === 0 || sbb === 0) return null;
  const rho = Math.max(-1, Math.min(1, sab / Math.sqrt(saa * sbb)));
  if (Math.abs(rho) === 1) return { rho, low: rho, high: rho, n };
  const wide = 1.96 * Math.sqrt((1 + rho ** 2 / 2) / (n - 3));
  return { rho, low: Math.tanh(Math.atanh(rho) - wide), high: Math.tanh(Math.atanh(rho) + wide), n };
}
