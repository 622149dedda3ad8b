import { expect, test } from 'vitest';
import { formatAgo, formatAhead, formatDuration } from './times';

test('Durations have at most two units', () => {
  expect([0.42, 3, 12.4, 200, 4000, 7500, 273_600].map(formatDuration)).toEqual(['0.4 s', '3 s', '12 s', '3 min 20 s', '1 h 06 min', '2 h 05 min', '3 d 4 h']);
});

test('What is past is told in one unit', () => {
  const now = 1_000_000_000;
  expect([500, 12_000, 200_000, 7_300_000, 400_000_000].map((ms) => formatAgo(now - ms, now))).toEqual(['now', '12 s ago', '3 min ago', '2 h ago', '4 d ago']);
  expect([-5_000, 500, 12_000, 7_300_000].map((ms) => formatAhead(now + ms, now))).toEqual(['now', 'now', 'in 12 s', 'in 2 h']);
});
