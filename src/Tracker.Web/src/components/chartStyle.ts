import { useMemo } from 'react';
import { smoothRange, useView } from './view';
import type { Smoother, XAxis } from '../api/queries';

/** What the page's view says to each of its charts. */
export interface PageStyle {
  axis: XAxis;
  xlog: boolean;
  smoother: Smoother;
  smoothing: number;
  from: number | undefined;
  to: number | undefined;
  /** Height of the drawing of a chart, in pixels. */
  height: number;
}

const heights = { small: 110, medium: 184, large: 340 };

export function usePageStyle(): PageStyle {
  const [{ x = 'step', xlog = false, smoother = 'ema', smooth, from, to, size = 'medium' }] = useView();
  return useMemo(() => ({ axis: x, xlog, smoother, smoothing: smooth ?? smoothRange(smoother).usual, from, to, height: heights[size] }), [x, xlog, smoother, smooth, from, to, size]);
}
