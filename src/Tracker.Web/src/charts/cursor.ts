import { useSyncExternalStore } from 'react';

export interface CursorAt {
  x: number;
  /** The pointer's height in units of the y axis; null when the pointer is on another chart. */
  y: number | null;
}

/** Where the cursor is on one chart. Only what shows values listens; it hears at most once a frame. */
export class CursorStore {
  private at: CursorAt | null = null;
  private readonly listeners = new Set<() => void>();
  private asked = false;

  readonly get = (): CursorAt | null => this.at;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(at: CursorAt | null): void {
    if (at === this.at || (at && this.at && at.x === this.at.x && at.y === this.at.y)) return;
    this.at = at;
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.listeners.forEach((listener) => listener());
    });
  }
}

export const useCursor = (store: CursorStore): CursorAt | null => useSyncExternalStore(store.subscribe, store.get);
