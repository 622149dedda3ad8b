import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import type { Live, LiveStatus } from './live';

export const LiveContext = createContext<Live | null>(null);

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('No live connection around this component.');
  return live;
}

/** Keeps the cache's entries of these runs, or of this project, up to date while the component is shown. */
export function useWatch(kind: 'run' | 'project', targets: readonly string[]): void {
  const live = useLive();
  const list = targets.join('\n');
  useEffect(() => {
    const ends = list.split('\n').filter(Boolean).map((target) => live.watch(kind, target));
    return () => ends.forEach((end) => end());
  }, [live, kind, list]);
}

export function useLiveStatus(): LiveStatus & { retry: () => void } {
  const live = useLive();
  return { ...useSyncExternalStore(live.subscribe, live.getStatus), retry: live.retry };
}
