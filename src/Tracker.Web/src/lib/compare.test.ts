import { expect, test } from 'vitest';
import { differences, marksOf, parametersOf, placeOn, readBrushes, scaleOf, tally, valueAt, writeBrushes } from './compare';
import type { Row } from './fields';
import { random } from './forest';
import { importanceOf } from './importance';
import { ranks, spearman } from './ranks';

const rowOf = (config: Record<string, unknown>) => ({ config, metrics: {}, diagnoses: [] }) as unknown as Row;

test('Only what differs is a difference, and a missing key is one', () => {
  const found = differences([rowOf({ lr: 0.1, seed: 1, data: 'x' }), rowOf({ lr: 0.2, seed: 1, data: 'x', clip: 1 })]);
  expect(found.map(({ path }) => path)).toEqual(['clip', 'lr']);
  expect(found[0]!.values).toEqual([null, 1]);
  expect(tally(['a', 'b', 'a'])).toEqual([{ text: 'a', count: 2 }, { text: 'b', count: 1 }]);
});

test('A name of its own in every run is no parameter', () => {
  const rows = Array.from({ length: 12 }, (_, i) => rowOf({ name: `run ${i}`, opt: i % 2 ? 'sgd' : 'adam', amp: i % 3 === 0 }));
  expect(parametersOf(rows).map(({ name, values }) => [name, values[0]])).toEqual([['amp', 1], ['opt', 'adam']]);
});

test('Axes are logarithmic over decades, and words stand at equal distances', () => {
  const lr = scaleOf([1e-4, 1e-3, 1e-1])!;
  expect(lr.kind).toBe('log');
  expect(placeOn(lr, 1e-3)).toBeCloseTo(1 / 3, 9);
  expect(valueAt(lr, 1 / 3)).toBeCloseTo(1e-3, 9);
  expect(marksOf(lr).map(({ text }) => text)).toEqual(['1e−4', '0.001', '0.01', '0.1']);
  const words = scaleOf(['b', 'a', null, 'c'])!;
  expect([placeOn(words, 'a'), placeOn(words, 'b'), placeOn(words, null)]).toEqual([0, 0.5, NaN]);
  expect(marksOf(scaleOf([0, 7])!).map(({ text }) => text)).toEqual(['0', '2', '4', '6']);
});

test('Brushes survive the URL', () => {
  const brushes = new Map([['metrics.val/loss', [0.25, 0.5]], ['config.lr', [0, 1]]] as [string, [number, number]][]);
  expect(readBrushes(writeBrushes(brushes))).toEqual(brushes);
});

test('Ranks share ties, and a rank correlation sees any monotone relation', () => {
  expect(ranks([10, 20, 20, 5])).toEqual([2, 3.5, 3.5, 1]);
  expect(spearman([1, 2, 3, 4, 5], [1, 8, 27, 64, 125])!.rho).toBe(1);
  const found = spearman([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 3, 6, 5, 8, 7])!;
  expect(found.rho).toBeCloseTo(0.9048, 4);
  expect(found.low).toBeLessThan(found.rho);
  expect(spearman([1, 1, 1, 1], [1, 2, 3, 4])).toBeNull();
});

test('The forest finds what matters, also where a rank correlation is blind', () => {
  const next = random(7);
  const n = 200;
  const column = () => Array.from({ length: n }, next);
  const [lr, width, noise] = [column(), column(), column()];
  const opt = Array.from({ length: n }, () => (next() < 0.5 ? 'sgd' : 'adam'));
  // A valley in the learning rate, a step by the optimizer, something of the width, nothing of the noise.
  const loss = lr.map((value, i) => 8 * (value - 0.5) ** 2 + (opt[i] === 'sgd' ? 1 : 0) + 0.8 * width[i]! + 0.05 * next());
  const report = importanceOf([{ name: 'noise', values: noise }, { name: 'width', values: width }, { name: 'lr', values: lr }, { name: 'opt', values: opt }], loss)!;
  expect(report.items.slice(0, 2).map(({ name }) => name).sort()).toEqual(['lr', 'opt']);
  expect(report.items.at(-1)!.name).toBe('noise');
  expect(report.explained).toBeGreaterThan(0.6);
  const byName = new Map(report.items.map((item) => [item.name, item]));
  expect(Math.abs(byName.get('lr')!.correlation!.rho)).toBeLessThan(0.25);
  expect(byName.get('opt')!.correlation).toBeNull();
  expect(byName.get('noise')!.forest).toBeLessThan(4 * byName.get('noise')!.error + 0.05);
});

test('Too few runs tell nothing, and runs without the number are left out', () => {
  expect(importanceOf([{ name: 'lr', values: [1, 2, 3] }], [1, 2, 3])).toBeNull();
  const values = Array.from({ length: 20 }, (_, i) => i);
  expect(importanceOf([{ name: 'lr', values }], values.map((value) => (value < 10 ? NaN : value)))!.n).toBe(10);
});
