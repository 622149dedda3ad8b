/** A number as the API writes it: JSON has no words for the non-finite ones, so they come as strings. */
export type Num = number | 'NaN' | 'Infinity' | '-Infinity';

/** A number of the API as a JavaScript number; what is absent is NaN. */
export const toNumber = (value: Num | null | undefined): number => (value == null ? NaN : Number(value));

const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A value in four significant digits: `2.303`, `0.004512`, `4.51e-5`, `12,340`, `1.235e7`. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e').replaceAll('-', '−');
  if (size >= 1e4) return signed(integer.format(value));
  return signed(String(rounded));
}

/** A whole number, exact up to a million (`4,210`), then with an SI suffix (`3.4 M`). */
export function formatCount(value: number): string {
  if (Math.abs(value) < 1e6) return signed(integer.format(value));
  const [divisor, suffix] = Math.abs(value) < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return signed(`${Number((value / divisor).toPrecision(3))} ${suffix}`);
}

/** Bytes in decimal units: `512 B`, `20.9 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let at = 0;
  for (; Math.abs(bytes) >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return `${at === 0 ? bytes : Number(bytes.toPrecision(3))} ${units[at]}`;
}

/** `1 run`, `2 runs`. */
export const plural = (count: number, word: string): string => `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;

/** A text of the server with numbers that do not break at their sign or before their unit. */
export const tidy = (text: string): string => text.replace(/(\d)e-(\d)/g, '$1e−$2').replace(/(\d) %/g, '$1\u00a0%');

/** A number with so many decimals and a proper minus: `−0.11`. */
export const formatFixed = (value: number, decimals: number): string => signed(value.toFixed(decimals));

const signed = (text: string): string => text.replace(/^-/, '−');
