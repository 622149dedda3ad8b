/** The state of a debiased exponential moving average, as it comes with the data: enough to go on without the points before. */
export interface EmaState {
  ema: number;
  weight: number;
  count: number;
}

/**
 * One more point of ema_t = s·ema_(t−1) + (1−s)·y_t, debiased by the sum of its weights. A non-finite value leaves the average as it is,
 * as it does on the server, so that the live end of a curve equals what a reload shows.
 * @param smoothing s, 0 (raw) to 1 (exclusive).
 */
export function continueEma(state: EmaState, value: number, smoothing: number): EmaState {
  if (!Number.isFinite(value)) return state;
  return {
    ema: smoothing * state.ema + (1 - smoothing) * value,
    weight: smoothing * state.weight + (1 - smoothing),
    count: state.count + 1,
  };
}

/** The smoothed value of a state; NaN before the first point. */
export const emaValue = (state: EmaState): number => (state.weight > 0 ? state.ema / state.weight : NaN);
