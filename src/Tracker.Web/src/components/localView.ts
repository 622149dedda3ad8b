import { useEffect, useRef } from 'react';
import { readView, useView, type View } from './view';

/** How a person last laid out a page of a project comes back when it is opened without a view of its own. Links and saved views are never touched. */
export function useLocalView(project: string, page: string): void {
  const [view, change] = useView();
  const key = `tracker.view.${page}.${project}`;
  const restored = useRef<string | null>(null);
  useEffect(() => {
    if (restored.current !== key) {
      restored.current = key;
      const kept = Object.keys(view).length === 0 ? read(key) : null;
      if (kept) change(kept);
      return;
    }
    write(key, view);
  }, [key, view, change]);
}

// How a page is laid out lasts; which runs, which range and which chart are of the moment.
const lasting = ({ cols, side, sum, paint, smooth, smoother, x, xlog, log, raw, calm, folded, pins, size }: View): View => readView({ cols, side, sum, paint, smooth, smoother, x, xlog, log, raw, calm, folded, pins, size });

function read(key: string): View | null {
  try {
    const view = readView(JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>);
    return Object.keys(view).length > 0 ? view : null;
  } catch {
    return null;
  }
}

function write(key: string, view: View): void {
  try {
    const kept = JSON.stringify(lasting(view));
    if (kept === '{}') localStorage.removeItem(key);
    else localStorage.setItem(key, kept);
  } catch {
    // Without storage the view lasts as long as its URL.
  }
}
