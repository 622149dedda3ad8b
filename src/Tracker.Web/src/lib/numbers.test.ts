import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatValue, plural, toNumber } from './numbers';

test('Non-finite numbers survive the way from the wire', () => {
  expect(toNumber('NaN')).toBeNaN();
  expect(toNumber('Infinity')).toBe(Infinity);
  expect(toNumber('-Infinity')).toBe(-Infinity);
  expect(toNumber(0.5)).toBe(0.5);
});

test('A value has four significant digits', () => {
  expect([2.302585, 0.0045123, 12345.6, -0.5, 0, 100].map(formatValue)).toEqual(['2.303', '0.004512', '12,346', '−0.5', '0', '100']);
});

test('A value under a thousandth, or very large, has an exponent', () => {
  expect([0.000451, 3e-4, -1.5e-12, 12_345_678].map(formatValue)).toEqual(['4.51e−4', '3e−4', '−1.5e−12', '1.235e7']);
});

test('A value that rounds to a thousandth is written as one', () => {
  expect(formatValue(0.0009999999999)).toBe('0.001');
});

test('Non-finite values have names', () => {
  expect([NaN, Infinity, -Infinity].map(formatValue)).toEqual(['NaN', '+∞', '−∞']);
});

test('Counts are exact up to a million', () => {
  expect([0, 4210, 999_999, 3_400_000, 2.5e9].map(formatCount)).toEqual(['0', '4,210', '999,999', '3.4 M', '2.5 G']);
  expect([plural(1, 'run'), plural(2, 'run')]).toEqual(['1 run', '2 runs']);
});

test('Bytes are told in decimal units, three digits', () => {
  expect([512, 20_894_731, 1e12].map(formatBytes)).toEqual(['512 B', '20.9 MB', '1 TB']);
});
