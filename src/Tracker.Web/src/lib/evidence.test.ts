import { expect, test } from 'vitest';
import { evidenceBySeries } from './evidence';

const signal = { severity: 'warn' as const, series: 'train/loss', step: 200, onsetStep: 40, active: true, evidence: [{ series: 'train/loss', fromStep: 60, toStep: 200 }] };
const diagnosis = { id: 'a', title: 'Plateau', state: 'open' as const, severity: 'warn' as const, verdict: null, signals: [signal] };

test('Evidence begins at the onset and goes on while the condition holds', () => {
  expect(evidenceBySeries([diagnosis]).get('train/loss')).toEqual([{ diagnosis: 'a', label: 'Plateau', tone: 'warn', onset: 40, from: 40, to: Infinity }]);
});

test('What is over ends where it ended, and is quiet', () => {
  expect(evidenceBySeries([{ ...diagnosis, state: 'resolved' }]).get('train/loss')).toMatchObject([{ to: 200, tone: 'info' }]);
});

test('A signal without evidence shows on its own series', () => {
  expect(evidenceBySeries([{ ...diagnosis, signals: [{ ...signal, active: false, evidence: [] }] }]).get('train/loss')).toMatchObject([{ from: 40, to: 200 }]);
});

test('Facts of one diagnosis on one series are one range', () => {
  const other = { ...signal, onsetStep: 10, evidence: [{ series: 'train/loss', fromStep: 10, toStep: 90 }] };
  expect(evidenceBySeries([{ ...diagnosis, signals: [signal, other] }]).get('train/loss')).toHaveLength(1);
  expect(evidenceBySeries([{ ...diagnosis, signals: [signal, other] }]).get('train/loss')).toMatchObject([{ from: 10, onset: 10 }]);
});

test('What people muted or refused is not drawn', () => {
  expect(evidenceBySeries([{ ...diagnosis, verdict: 'muted' }, { ...diagnosis, verdict: 'wrong' }]).size).toBe(0);
});

test('A note is no range', () => {
  expect(evidenceBySeries([{ ...diagnosis, severity: 'info' }]).size).toBe(0);
});
