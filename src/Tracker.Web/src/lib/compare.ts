import { parseField, valueOf, type Row, type Value } from './fields';
import { formatValue } from './numbers';
import type { Parameter } from './importance';

/** What runs have in a config key: one value a run, in their order. */
export interface Difference {
  path: string;
  values: Value[];
}

const textOf = (value: Value): string => (value === null ? '–' : typeof value === 'number' ? formatValue(value) : Array.isArray(value) ? value.join(', ') : String(value));
export const valueText = textOf;

/** The config keys in which runs differ, a missing one being a difference. Those with fewest values first: they divide the runs best. */
export function differences(rows: readonly Row[]): Difference[] {
  const paths = new Set(rows.flatMap((row) => Object.keys(row.config)));
  return [...paths]
    .map((path) => ({ path, values: rows.map((row) => valueOf(row, { kind: 'config', path })) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** How often each value occurs, the most frequent first. */
export function tally(values: readonly Value[]): { text: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(textOf(value), (counts.get(textOf(value)) ?? 0) + 1);
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
}

/** Config keys that differ, as parameters: numbers, or texts; a list is a text. A key in which every run has a text of its own (a name, a path) says nothing. */
export function parametersOf(rows: readonly Row[]): Parameter[] {
  return differences(rows).flatMap(({ path, values }): Parameter[] => {
    const plain = values.map((value) => (typeof value === 'number' || value === null ? value : typeof value === 'boolean' ? Number(value) : textOf(value)));
    const texts = plain.filter((value) => typeof value === 'string');
    const mixed = texts.length > 0 ? plain.map((value) => (value === null ? null : String(value))) : plain;
    return texts.length > 8 && new Set(texts).size > 0.8 * texts.length ? [] : [{ name: path, values: mixed }];
  });
}

/** Whether less is better: losses, errors, perplexities. */
export const lessIsBetter = (series: string): boolean => /loss|err|ece|perplexity|ppl|mse|mae|rmse|bpb|wer|cer|fid|nll/i.test(series);

/** An axis of values: numbers, linear or logarithmic, or words at equal distances. */
export interface Scale {
  kind: 'linear' | 'log' | 'words';
  low: number;
  high: number;
  words: string[];
}

const mostWords = 24;

export function scaleOf(values: readonly Value[]): Scale | null {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const known = values.filter((value) => value !== null);
  if (numbers.length > 0 && numbers.length >= 0.8 * known.length) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const log = low > 0 && high / low >= 50;
    if (low === high) return { kind: 'linear', low: low - (Math.abs(low) || 1) / 2, high: high + (Math.abs(high) || 1) / 2, words: [] };
    return { kind: log ? 'log' : 'linear', low, high, words: [] };
  }
  const words = [...new Set(known.map(textOf))].sort();
  return words.length === 0 || words.length > mostWords * 4 ? null : { kind: 'words', low: 0, high: Math.max(1, words.length - 1), words };
}

/** Where a value lies on its axis, 0 to 1; NaN when it is not there. */
export function placeOn(scale: Scale, value: Value): number {
  if (value === null) return NaN;
  if (scale.kind === 'words') {
    const at = scale.words.indexOf(textOf(value));
    return at < 0 ? NaN : scale.words.length === 1 ? 0.5 : at / (scale.words.length - 1);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return NaN;
  return scale.kind === 'log' ? Math.log(value / scale.low) / Math.log(scale.high / scale.low) : (value - scale.low) / (scale.high - scale.low);
}

/** The value at a place of a numeric axis. */
export const valueAt = (scale: Scale, place: number): number => (scale.kind === 'log' ? scale.low * (scale.high / scale.low) ** place : scale.low + (scale.high - scale.low) * place);

export const columnOf = (rows: readonly Row[], field: string): Value[] => rows.map((row) => valueOf(row, parseField(field)));

/** A few numbers along an axis: round ones, powers of ten on a log axis; every word. */
export function marksOf(scale: Scale, most = 5): { text: string; place: number }[] {
  if (scale.kind === 'words') {
    const every = Math.ceil(scale.words.length / mostWords);
    return scale.words.flatMap((text, i) => (i % every === 0 ? [{ text, place: placeOn(scale, text) }] : []));
  }
  const marks: number[] = [];
  if (scale.kind === 'log') {
    const [from, to] = [Math.ceil(Math.log10(scale.low) - 1e-9), Math.floor(Math.log10(scale.high) + 1e-9)];
    const every = Math.max(1, Math.ceil((to - from + 1) / most));
    for (let exponent = from; exponent <= to; exponent += every) marks.push(10 ** exponent);
  }
  if (marks.length < 2) {
    marks.length = 0;
    const rough = (scale.high - scale.low) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough)!;
    for (let i = Math.ceil(scale.low / step - 1e-9); i * step <= scale.high * (1 + 1e-12); i++) marks.push(Number((i * step).toPrecision(12)));
  }
  return marks.map((value) => ({ text: formatValue(value), place: placeOn(scale, value) })).filter(({ place }) => place >= -1e-9 && place <= 1 + 1e-9);
}

/** Ranges on axes that a run must lie in, by field: places from 0 to 1. */
export type Brushes = ReadonlyMap<string, readonly [number, number]>;

export function readBrushes(text: string | undefined): Map<string, [number, number]> {
  const parts = (text ?? '').split(';').map((part) => /^(.+)@([\d.]+)-([\d.]+)$/.exec(part));
  return new Map(parts.flatMap((match): [string, [number, number]][] => (match ? [[match[1]!, [Number(match[2]), Number(match[3])]]] : [])));
}

export const writeBrushes = (brushes: Brushes): string | undefined => [...brushes].map(([field, [low, high]]) => `${field}@${low.toFixed(4)}-${high.toFixed(4)}`).join(';') || undefined;
