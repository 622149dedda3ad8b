import { expect, test } from 'vitest';
import { toNumber } from './numbers';

test('Non-finite numbers survive the way from the wire', () => {
  expect(toNumber('NaN')).toBeNaN();
  expect(toNumber('Infinity')).toBe(Infinity);
  expect(toNumber('-Infinity')).toBe(-Infinity);
  expect(toNumber(0.5)).toBe(0.5);
});
