import { expect, test } from 'vitest';
import { continueEma, emaValue, type EmaState } from './ema';

const start: EmaState = { ema: 0, weight: 0.6, count: 0 };

test('The average of a constant is the constant from the first point on', () => {
  let state = start;
  for (let i = 0; i < 5; i++) {
    state = continueEma(state, 3);
    expect(emaValue(state)).toBeCloseTo(3, 12);
  }
});

test('An average that goes on from a state equals one over all points', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const all = values.reduce(continueEma, start);
  const later = values.slice(3).reduce(continueEma, { ...values.slice(0, 3).reduce(continueEma, start) });
  expect(later).toEqual(all);
});

test('Non-finite values leave the average as it is', () => {
  const state = continueEma(start, 2);
  expect(continueEma(continueEma(state, NaN), Infinity)).toEqual(state);
});

test('A weight of one is the mean of all', () => {
  expect(emaValue([1, 2, 6].reduce(continueEma, { ema: 0, weight: 1, count: 0 }))).toBe(3);
});
