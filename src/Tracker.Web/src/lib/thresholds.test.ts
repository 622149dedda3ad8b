import { expect, test } from 'vitest';
import { withThreshold, wordsOf } from './thresholds';

test('A threshold is set beside the others and taken away without a trace', () => {
  const set = withThreshold({ clipping: { often: 0.4 } }, 'clipping', 'mostly', 0.9);
  expect(set).toEqual({ clipping: { often: 0.4, mostly: 0.9 } });
  expect(withThreshold(withThreshold(set, 'clipping', 'often', undefined), 'clipping', 'mostly', undefined)).toEqual({});
});

test('Names of thresholds are read as words', () => {
  expect(['oftenClears', 'val', 'percentile99'].map(wordsOf)).toEqual(['often clears', 'val', 'percentile 99']);
});
