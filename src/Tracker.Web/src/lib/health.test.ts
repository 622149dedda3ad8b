import { describe, expect, it } from 'vitest';
import { triage, worst, type Severity } from './health';

const finding = (severity: Severity, onsetStep = 0, more: object = {}) =>
  ({ severity, onsetStep, cause: 'lr-too-high', state: 'open' as const, verdict: null, ...more });

describe('the health of a run', () => {
  it('is not touched by notes', () => {
    expect(worst([finding('info'), finding('info', 5)])).toBeNull();
    expect(worst([finding('info'), finding('warn', 9), finding('high', 40)])).toMatchObject({ top: { severity: 'high' }, more: 1 });
  });

  it('keeps what asks for an answer apart from what is answered, over, or a mere note', () => {
    const found = triage([
      finding('warn', 30),
      finding('crit', 90),
      finding('high', 1, { verdict: 'acknowledged' }),
      finding('warn', 2, { state: 'resolved' }),
      finding('info', 3),
      finding('info', 4, { cause: 'healthy' }),
      finding('info', 5, { cause: 'not-logged' }),
    ]);
    expect(found.loud.map((item) => item.severity)).toEqual(['crit', 'warn']);
    expect([found.answered.length, found.over.length, found.notes.length, found.healthy]).toEqual([1, 1, 1, true]);
  });

  it('is no longer called healthy once that was withdrawn', () => {
    expect(triage([finding('info', 0, { cause: 'healthy', state: 'resolved' })])).toMatchObject({ healthy: false, notes: [] });
  });
});
