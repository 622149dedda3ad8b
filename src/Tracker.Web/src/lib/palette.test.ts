import { expect, test } from 'vitest';
import { colourOf, distinct, palette, rampColour, usualColour } from './palette';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `run-${i}`);

const own = (list: readonly string[]) => new Map(list.map((id) => [id, usualColour(id)]));

test('Runs that are seen together differ, up to twelve', () => {
  const indexes = distinct(own(ids(40)), ids(40).slice(20, 32));
  expect(new Set(ids(40).slice(20, 32).map((id) => indexes.get(id))).size).toBe(12);
});

test('Who is seen first keeps its own colour, and runs apart keep theirs', () => {
  const indexes = distinct(own(ids(40)), ids(40).slice(20, 30));
  expect(indexes.get('run-20')).toBe(usualColour('run-20'));
  expect(indexes.get('run-3')).toBe(usualColour('run-3'));
});

test('Both themes have every colour', () => {
  expect(palette.dark).toHaveLength(palette.light.length);
  expect(colourOf(13, 'dark')).toBe(palette.dark[1]);
});

test('A ramp begins and ends at its stops, whatever is asked', () => {
  expect(rampColour(-1, 'light')).toBe(rampColour(0, 'light'));
  expect(rampColour(2, 'light')).toBe(rampColour(1, 'light'));
  expect(rampColour(0, 'light')).not.toBe(rampColour(1, 'light'));
});
