/** The state of a debiased exponential moving average, as it comes with the data: enough to go on without the points before. */
export interface EmaState {
  /** The average before its bias is taken out; 0 at the beginning. */
  ema: number;
  /** The smoothing weight, 0 to 1. */
  weight: number;
  /** Finite values so far. */
  count: number;
}

/** One more point: ema ← w·ema + (1 − w)·y. A non-finite value changes nothing, as on the server, so that the live end of a curve equals what a reload shows. */
export function continueEma(state: EmaState, value: number): EmaState {
  if (!Number.isFinite(value)) return state;
  const { ema, weight, count } = state;
  const gain = weight < 1 ? 1 - weight : 1;
  return { ema: weight * ema + gain * value, weight, count: count + 1 };
}

/** The smoothed value, ema / (1 − w^count); NaN before the first point. */
export function emaValue({ ema, weight, count }: EmaState): number {
  if (count === 0) return NaN;
  return weight < 1 ? ema / (1 - weight ** count) : ema / count;
}
