import { expect, test } from 'vitest';
import { accuracySeries, primarySeries, sectionsOf } from './sections';

const keysOf = (names: string[]) => sectionsOf(names).map((section) => [section.name, section.charts.map((chart) => chart.key)]);

test('Train and validation of one metric share a chart', () => {
  const [training] = sectionsOf(['train/loss', 'val/loss', 'val/ece']);
  expect(training!.charts.map((chart) => [chart.title, chart.lines.map((line) => line.label)])).toEqual([['loss', ['train', 'val']], ['val/ece', ['val/ece']]]);
});

test('What people look at first comes first', () => {
  expect(keysOf(['epoch', 'lr', 'grad_norm/total', 'val/accuracy', 'system/memory', 'train/loss'])).toEqual([
    ['training', ['train/loss', 'val/accuracy', 'grad_norm/total', 'lr']],
    ['system', ['system/memory']],
    ['other', ['epoch']],
  ]);
});

test('Layers share a chart, in the order in which they were logged', () => {
  const [, grads] = sectionsOf(['train/loss', 'grad_norm/total', 'grad_norm/in', 'grad_norm/hidden', 'grad_norm/out']);
  expect(grads!.charts).toHaveLength(1);
  expect(grads!.charts[0]).toMatchObject({ key: 'grad_norm/*', kind: 'family', log: true, lines: [{ label: 'in' }, { label: 'hidden' }, { label: 'out' }] });
});

test('Numbered series share a chart', () => {
  const names = Array.from({ length: 4 }, (_, k) => `val/acc_class_${k}`);
  expect(keysOf(names)).toEqual([['training', ['val/acc_class/*']]]);
});

test('Two layers stay on their own', () => {
  expect(keysOf(['update_ratio/a', 'update_ratio/b'])).toEqual([['update_ratio', ['update_ratio/a', 'update_ratio/b']]]);
});

test('Every series is on exactly one chart', () => {
  const names = ['loss', 'val_loss', 'train/loss', 'val/loss', 'eval/loss', 'val/accuracy', 'lr', 'lr/group_0', 'a/b/c', 'val/acc_class_0', 'val/acc_class_1', 'grad_norm/x', 'grad_norm/total'];
  const shown = sectionsOf(names).flatMap((section) => section.charts.flatMap((chart) => chart.lines.map((line) => line.name)));
  expect(shown.sort()).toEqual([...names].sort());
});

test('A run is shown by its training loss, whatever it is called', () => {
  expect(primarySeries(['lr', 'val/loss', 'train/loss'])).toBe('train/loss');
  expect(primarySeries(['lr', 'train_loss_step'])).toBe('train_loss_step');
  expect(primarySeries(['my_loss', 'lr'])).toBe('my_loss');
  expect(primarySeries([])).toBeUndefined();
  expect(accuracySeries(['train/accuracy', 'val/accuracy'])).toBe('val/accuracy');
  expect(accuracySeries(['lr'])).toBeUndefined();
});
