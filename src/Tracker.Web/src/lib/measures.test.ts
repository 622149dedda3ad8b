import { describe, expect, it } from 'vitest';
import { fairSample, noiseOf, quantile, ratioText, scheduleWords, spreadOver } from './measures';
import { findingOf, firstSentence } from './verdicts';

/** Noise that is the same on every machine. */
function noise(count: number): number[] {
  let seed = 1;
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()));
}

function ema(values: readonly number[], weight: number): number[] {
  let state = values[0]!;
  return values.map((value) => (state = weight * state + (1 - weight) * value));
}

describe('the noise of a loss', () => {
  it('is what its average predicts where batches are independent', () => {
    const y = noise(4000).map((value) => 2 + 0.1 * value);
    const { actual, predicted, batch } = noiseOf(y, ema(y, 0.9), 0.9);
    expect(batch).toBeCloseTo(0.1, 2);
    expect(actual / predicted).toBeCloseTo(1, 1);
  });

  it('is far above it where the loss swings over several steps', () => {
    const y = noise(4000).map((value, i) => 2 + 0.1 * value + Math.sin(i / 8));
    const { actual, predicted } = noiseOf(y, ema(y, 0.9), 0.9);
    expect(actual / predicted).toBeGreaterThan(2);
  });
});

it('counts shares over first and last points of columns, not over their extremes', () => {
  // Columns 0 and 10 wide: spikes at 3 and 14 are there because they are extremes.
  const series = { x: [0, 3, 9, 10, 14, 19], y: [1, 99, 1, 1, 99, 1] };
  expect(fairSample(series, 2000, 10)).toEqual([1, 1, 1, 1]);
  expect(fairSample(series, 6, 10)).toHaveLength(6);
});

it('picks layers evenly, the first and the last among them', () => {
  expect(spreadOver(Array.from({ length: 100 }, (_, i) => i), 3)).toEqual([0, 50, 99]);
});

it('tells ratios and schedules as people do', () => {
  expect([ratioText(1 / 4256), ratioText(0.31), ratioText(0)]).toEqual(['1/4,256', '0.31', '0']);
  expect([scheduleWords([0.1, 0.1]), scheduleWords([0, 0.05, 0.1, 0.08, 0.01, 0.001]), scheduleWords([0.1, 0.09, 0.01])]).toEqual(['constant', 'warm-up, then decay', 'decays']);
  expect(quantile([3, 1, NaN, 2], 0.5)).toBe(2);
});

it('gives the worst signal of an instrument, and what to do; a note is no verdict', () => {
  const signal = { id: 'grad-vanishing-depth', series: 'grad_norm/fc1', severity: 'high' as const, onsetStep: 20, active: true, summary: 'The first layer gets 1e-8 of it. The rest follows.' };
  const diagnosis = { verdict: null, prescriptions: ['Use ReLU.'], signals: [signal, { ...signal, id: 'dead-layer', severity: 'info' as const, summary: 'A note.' }] };
  expect(findingOf([diagnosis], ['grad-vanishing-depth', 'dead-layer'])).toEqual({
    loud: { tone: 'crit', word: 'Vanishing', text: 'The first layer gets 1e-8 of it.', todo: 'Use ReLU.' },
    note: 'A note.',
  });
  expect(findingOf([{ ...diagnosis, verdict: 'wrong' }], ['grad-vanishing-depth']).loud).toBeNull();
  expect(findingOf([{ ...diagnosis, signals: [{ ...signal, active: false }] }], ['grad-vanishing-depth']).loud).toBeNull();
  const lost = { verdict: null, prescriptions: [], signals: [{ ...signal, id: 'nan-after-n', series: 'lr' }] };
  expect(findingOf([lost], [], ['lr']).loud?.word).toBe('Not finite');
  expect(findingOf([lost], [], ['loss']).loud).toBeNull();
  expect(firstSentence('At 2.303. It stays.')).toBe('At 2.303.');
});
