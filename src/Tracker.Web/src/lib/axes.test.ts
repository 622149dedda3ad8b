import { expect, test } from 'vitest';
import { logTicks, notPositive, spansDecades, xExtent, yExtent } from './axes';

const curve = (x: number[], y: number[], smoothed?: number[]) => ({ x, y, smoothed });

test('The x range holds every curve and every mark', () => {
  expect(xExtent([curve([2, 5], [0, 0]), curve([1, 3], [0, 0])], [9])).toEqual([1, 9]);
  expect(xExtent([])).toEqual([0, 1]);
  expect(xExtent([curve([4], [0])])).toEqual([3.5, 4.5]);
});

test('The y range fits what is seen, a spike included', () => {
  const [low, high] = yExtent([curve([0, 1, 2, 3], [1, 50, 2, 900])], [0, 2], false);
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(50);
  expect(high).toBeLessThan(60);
});

test('A log range ignores what is not above zero', () => {
  const [low, high] = yExtent([curve([0, 1, 2], [-1, 0.01, 1])], [0, 2], true);
  expect(low).toBeGreaterThan(0.005);
  expect(high).toBeLessThan(2);
  expect(notPositive([curve([0, 1, 2], [-1, 0, 1])])).toBe(2);
});

test('Rounding noise of a constant is not blown up', () => {
  const [low, high] = yExtent([curve([0, 1], [0.001, 0.001 + 1e-18])], [0, 1], false);
  expect(high - low).toBeGreaterThan(5e-4);
});

test('The y range makes room for a guide', () => {
  expect(yExtent([curve([0, 1], [1, 2])], [0, 1], true, [0.05])[0]).toBeLessThan(0.05);
});

test('Log ticks are few and round', () => {
  expect(logTicks([0.008, 150], 6)).toEqual([0.01, 0.1, 1, 10, 100]);
  expect(logTicks([0.9, 30], 6)).toEqual([1, 2, 5, 10, 20]);
  expect(logTicks([1e-14, 1], 5).length).toBeLessThanOrEqual(6);
  expect(logTicks([2, 3], 5)).toEqual([2, 2.2, 2.4, 2.6, 2.8, 3]);
});

test('A curve that exploded asks for a log axis, an ordinary one and one with values below zero do not', () => {
  const steps = Array.from({ length: 40 }, (_, i) => i);
  const of = (value: (step: number) => number) => [curve(steps, steps.map(value))];
  expect(spansDecades(of((step) => (step < 30 ? 2 : 2 * 10 ** (step - 29))))).toBe(true);
  expect(spansDecades(of((step) => 2.3 - step / 20))).toBe(false);
  expect(spansDecades(of((step) => (step < 30 ? -2 : 10 ** (step - 29))))).toBe(false);
  expect(spansDecades(of((step) => 10 ** (step / 40)))).toBe(false);
});
