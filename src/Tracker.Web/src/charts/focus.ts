import { useSyncExternalStore } from 'react';

let focus: string | null = null;
const listeners = new Set<() => void>();

/** Brings a run's curves forward on all charts; null: all are alike. */
export function setFocus(run: string | null): void {
  if (run === focus) return;
  focus = run;
  listeners.forEach((listener) => listener());
}

/** The run that is pointed at. */
export const useFocus = (): string | null => useSyncExternalStore(subscribe, () => focus);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
