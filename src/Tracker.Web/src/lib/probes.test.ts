import { expect, test } from 'vitest';
import { tenPoints } from './probes';

const probe = (data: Record<string, unknown>) => ({ data });

test('What nobody checked is unknown, never passed', () => {
  const states = tenPoints(new Map(), true).map((tick) => tick.state);
  expect(states).toEqual([...Array(9).fill('unknown'), 'passed']);
});

test('Probes tick their points, or fail them', () => {
  const card = tenPoints(
    new Map([
      ['output-shape', probe({ output: [32, 10], expected: [-1, 10] })],
      ['first-step', probe({ before: 2.3, after: 2.4 })],
      ['overfit-one-batch', probe({ start: 2.3, end: 0.01 })],
      ['batch-check', probe({ nan_inputs: 0, nan_targets: 2 })],
      ['splits', probe({ train: 900, val: 100, overlap: 0 })],
      ['augmentation', probe({ split: 'val', differs: true })],
    ]),
    false,
  );
  expect(card.map((tick) => tick.state)).toEqual(['passed', 'failed', 'passed', 'failed', 'unknown', 'passed', 'failed', 'unknown', 'unknown', 'failed']);
});

test('The card that the client made counts as it is', () => {
  const points = [{ name: 'one batch', passed: true, told: 'loss 2.3 → 0.01' }, { name: 'splits', passed: null, told: 'no hashes' }, { name: 'mode', passed: false, told: 'eval' }];
  expect(tenPoints(new Map([['checklist', probe({ points })]]), true)).toMatchObject([{ state: 'passed', told: 'loss 2.3 → 0.01' }, { state: 'unknown' }, { state: 'failed' }]);
});
