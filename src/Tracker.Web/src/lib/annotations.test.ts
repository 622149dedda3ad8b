import { expect, test } from 'vitest';
import { annotationsOf } from './annotations';

const signal = (id: string, onsetStep: number, active = false) => ({ id, series: 'train/loss', step: onsetStep + 5, onsetStep, active, summary: `${id} at ${onsetStep}`, evidence: [] });

test('Kicks, recovered spikes and resumes are annotations, in order of steps; faults are not', () => {
  const found = annotationsOf(
    [{ verdict: null, signals: [signal('loss-spike', 300), signal('overfitting', 10, true), { ...signal('schedule-kick', 120), summary: 'The learning rate went from 0.02 to 0.002 at step 120, and the loss fell.' }] }],
    [{ kind: 'resume', name: null, step: 200 }, { kind: 'note', name: 'x', step: 250 }],
  );
  expect(found.map(({ step, short }) => [step, short])).toEqual([[120, 'lr ×0.1'], [200, 'resumed'], [300, 'spike, recovered']]);
});

test('What people called wrong is told no more, and of best evaluations only the one that holds', () => {
  expect(annotationsOf([{ verdict: 'wrong', signals: [signal('loss-spike', 3)] }, { verdict: null, signals: [signal('early-stop-point', 40), signal('early-stop-point', 80, true)] }], []))
    .toMatchObject([{ step: 80, short: 'best' }]);
});
