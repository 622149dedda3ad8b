import { expect, test } from 'vitest';
import { appendPoints, nearestIndex, type LivePoints, type SeriesData } from './points';

const series: SeriesData = { name: 'train/loss', total: 3, x: [0, 1, 2], y: [3, 2, 1], nonFinite: [] };
const live = (steps: number[], values: LivePoints['values']): LivePoints => ({ name: 'train/loss', steps, times: steps.map((step) => 1000 + step), values });

test('Live points are appended', () => {
  const { series: next, behind } = appendPoints(series, live([3, 4], [0.5, 0.25]), 'step');
  expect([next.x, next.y, next.total, behind]).toEqual([[0, 1, 2, 3, 4], [3, 2, 1, 0.5, 0.25], 5, 0]);
});

test('The old curve is not touched, so that React sees a new one', () => {
  appendPoints(series, live([3], [0.5]), 'step');
  expect(series.x).toEqual([0, 1, 2]);
});

test('A point at the last step replaces it', () => {
  const { series: next } = appendPoints(series, live([2], [9]), 'step');
  expect([next.x, next.y, next.total]).toEqual([[0, 1, 2], [3, 2, 9], 3]);
});

test('A point behind the end is counted, not drawn', () => {
  const { series: next, behind } = appendPoints(series, live([1, 3], [7, 0.5]), 'step');
  expect([next.x, behind]).toEqual([[0, 1, 2, 3], 1]);
});

test('Non-finite points become marks', () => {
  const { series: next } = appendPoints(series, live([3, 4], ['NaN', '-Infinity']), 'step');
  expect(next.y).toEqual([3, 2, 1]);
  expect(next.nonFinite).toEqual([{ x: 3, value: 'NaN' }, { x: 4, value: '-Infinity' }]);
});

test('Points after the shown range are left out', () => {
  expect(appendPoints(series, live([3, 9], [0.5, 0.1]), 'step', 5).series.x).toEqual([0, 1, 2, 3]);
});

test('On the time axis a point stands at its time', () => {
  const timed = { ...series, x: [1000, 1001, 1002] };
  expect(appendPoints(timed, live([3], [0.5]), 'time').series.x).toEqual([1000, 1001, 1002, 1003]);
});

test('The smoothed curve goes on from its state', () => {
  const smooth: SeriesData = { ...series, smoothed: [3, 2.4, 1.7], smoothState: { ema: 0.5, weight: 0.5, count: 1 } };
  const { series: next } = appendPoints(smooth, live([3, 4], [2, 'NaN']), 'step');
  expect(next.smoothState).toEqual({ ema: 1.25, weight: 0.5, count: 2 });
  expect(next.smoothed!.at(-1)).toBeCloseTo(1.25 / 0.75, 12);
  expect(next.smoothed).toHaveLength(next.x.length);
});

test('The nearest point is found', () => {
  expect([-5, 0.4, 0.6, 99].map((x) => nearestIndex([0, 1, 2], x))).toEqual([0, 0, 1, 2]);
  expect(nearestIndex([], 1)).toBe(-1);
});
