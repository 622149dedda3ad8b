import { useSyncExternalStore } from 'react';

export type Overlay = 'palette' | 'help' | null;

let shown: Overlay = null;
const listeners = new Set<() => void>();

/** Shows the command palette or the help over the page; null: neither. */
export function setOverlay(next: Overlay): void {
  shown = next;
  listeners.forEach((listener) => listener());
}

export const useOverlay = (): Overlay => useSyncExternalStore((listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
}, () => shown);
