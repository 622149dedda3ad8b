import { expect, test } from 'vitest';
import { flattenConfig, summariseConfig } from './config';
import { guidesOf } from './guides';
import { bySeverity, toneOf, worst } from './health';
import { densities, heatCells } from './heat';
import { sparklinePath } from './sparkline';

test('A sparkline spans its box and skips what is not finite', () => {
  expect(sparklinePath([0, 1, 2], [0, NaN, 10], 80, 20)).toBe('M0.0 19.0L80.0 1.0');
  expect(sparklinePath([0, 1], [5, 5], 80, 20)).toBe('M0.0 10.0L80.0 10.0');
  expect(sparklinePath([0], [5], 80, 20)).toBe('');
});

test('The worst diagnosis speaks for a run; of equals, the one that began first', () => {
  const found = [{ severity: 'warn', onsetStep: 5 }, { severity: 'crit', onsetStep: 90 }, { severity: 'crit', onsetStep: 40 }] as const;
  expect(worst(found)).toEqual({ top: found[2], more: 2 });
  expect(worst([])).toBeNull();
  expect([...found].sort(bySeverity).map((item) => item.onsetStep)).toEqual([40, 90, 5]);
  expect([toneOf('crit'), toneOf('high'), toneOf('warn'), toneOf('info')]).toEqual(['crit', 'crit', 'warn', 'info']);
});

test('Config is told in one line', () => {
  expect(summariseConfig({ model: 'mlp', training: { optimizer: 'adam', lr: 0.001 }, max_grad_norm: null, batch_size: 32 })).toBe('mlp · adam · lr 0.001 · batch 32');
  expect(flattenConfig({ a: { b: [1, 2] }, c: null })).toEqual([['a.b', '1, 2'], ['c', '–']]);
});

test('A run’s config gives its charts their guides', () => {
  expect(guidesOf('grad_norm/total', { optim: { max_norm: 0.05 } })).toEqual([{ value: 0.05, label: 'clip 0.05', fit: true }]);
  expect(guidesOf('train/loss', { num_classes: 10 })).toMatchObject([{ value: Math.log(10) }]);
  expect(guidesOf('val/accuracy', { num_classes: 4 })).toMatchObject([{ value: 0.25 }]);
  expect(guidesOf('train/loss', { num_classes: null })).toEqual([]);
});

test('A heat map’s columns are comparable whatever their mass', () => {
  expect(heatCells([{ step: 0, counts: [4, 0] }, { step: 1, counts: [100, 0] }])).toEqual([[1, 0], [1, 0]]);
  expect(heatCells([{ step: 0, counts: [0, 0] }])).toEqual([[0, 0]]);
});

test('Histograms on different grids are compared by mass per unit', () => {
  expect(densities([0, 1, 3], [10, 10])).toEqual([0.5, 0.25]);
  expect(densities([0, 1], [0])).toEqual([0]);
});
