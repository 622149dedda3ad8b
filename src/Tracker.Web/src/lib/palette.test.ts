import { expect, test } from 'vitest';
import { colourIndexes, colourOf, distinct, palette, rampColour } from './palette';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `run-${i}`);

test('Twelve runs have twelve colours', () => {
  expect(new Set(colourIndexes(ids(12)).values()).size).toBe(12);
});

test('A newcomer changes nobody’s colour', () => {
  const before = colourIndexes(ids(20));
  const after = colourIndexes([...ids(20), 'newcomer']);
  for (const [id, index] of before) expect(after.get(id)).toBe(index);
});

test('Runs that are seen together differ', () => {
  const together = ids(40).slice(20, 30);
  const indexes = distinct(colourIndexes(ids(40)), together);
  expect(new Set(together.map((id) => indexes.get(id))).size).toBe(10);
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
