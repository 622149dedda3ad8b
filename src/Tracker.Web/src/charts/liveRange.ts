import type { Range } from '../lib/axes';

// While a hand pans, the range lives here and not in the URL: sixty times a second.
const ranges = new Map<string, Range>();
const listeners = new Map<string, Set<() => void>>();

/** The range that all charts of a page show while one of them is panned; null: none is. */
export const liveRange = (sync: string): Range | null => ranges.get(sync) ?? null;

export function setLiveRange(sync: string, range: Range | null): void {
  if (range) ranges.set(sync, range);
  else ranges.delete(sync);
  listeners.get(sync)?.forEach((listener) => listener());
}

export function onLiveRange(sync: string, listener: () => void): () => void {
  const set = listeners.get(sync) ?? new Set();
  listeners.set(sync, set.add(listener));
  return () => set.delete(listener);
}
