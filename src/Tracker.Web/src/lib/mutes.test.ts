import { expect, test } from 'vitest';
import { conditionsOf, mutesOf, scopeOf, untilOf } from './mutes';

const diagnosis = {
  run: 'r1',
  severity: 'high',
  signals: [
    { id: 'clip-over-80', severity: 'high', active: true },
    { id: 'clip-over-50', severity: 'warn', active: true },
    { id: 'stuck-at-clip', severity: 'warn', active: false },
    { id: 'missing-val', severity: 'info', active: true },
  ],
};

test('a diagnosis is silent when all that makes it loud is muted, or everything is', () => {
  expect(conditionsOf(diagnosis)).toEqual(['clip-over-80', 'clip-over-50']);
  expect(mutesOf(diagnosis, [{ condition: 'clip-over-80' }])).toEqual([]);
  expect(mutesOf(diagnosis, [{ condition: 'clip-over-80' }, { condition: 'clip-over-50', run: 'r1' }, { condition: 'lr-finder' }])).toHaveLength(2);
  expect(mutesOf(diagnosis, [{ run: 'r2' }])).toEqual([]);
  expect(mutesOf(diagnosis, [{ run: 'r1' }])).toHaveLength(1);
  expect(mutesOf({ ...diagnosis, signals: [] }, [{ condition: 'clip-over-80' }])).toEqual([]);
});

test('a mute says what it is about and until when', () => {
  expect(scopeOf({ condition: 'clip-over-80' })).toBe('Clipped nearly always (clip-over-80) in all runs of the project');
  expect(scopeOf({ run: 'r1' }, 'seven')).toBe('Everything in the run seven');
  expect(untilOf(1, 0)).toEqual({ until: '1970-01-01T01:00:00.000Z' });
  expect(untilOf(undefined, 0)).toEqual({});
});
