import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { XAxis } from '../api/queries';

/** What the URL holds of a page: a copied link opens the same view. */
export interface View {
  tab?: string;
  /** Smoothing, 0 to 0.99. */
  smooth?: number;
  x?: XAxis;
  /** Charts whose y scale is not their usual one. */
  log?: string;
  /** Charts shown without smoothing. */
  raw?: string;
  from?: number;
  to?: number;
  /** Runs on the charts. */
  runs?: string;
  find?: string;
  state?: string;
}

const texts = ['tab', 'log', 'raw', 'runs', 'find', 'state'] as const;
const numbers = ['smooth', 'from', 'to'] as const;

/** Takes from a URL what is valid and leaves the rest. */
export function readView(search: Record<string, unknown>): View {
  const view: View = {};
  for (const name of texts) if (search[name] != null && search[name] !== '') view[name] = String(search[name]);
  for (const name of numbers) if (Number.isFinite(search[name])) view[name] = search[name] as number;
  if (view.smooth !== undefined) view.smooth = Math.min(0.99, Math.max(0, view.smooth));
  if (search.x === 'step' || search.x === 'relative' || search.x === 'time') view.x = search.x;
  return view;
}

export const usualSmoothing = 0.9;

export const listOf = (text: string | undefined): string[] => text?.split(',').filter(Boolean) ?? [];

/** The view, and how to change it: a step of its own in the history for what one wants to go back from. */
export function useView(): [view: View, change: (changes: Partial<View>, step?: boolean) => void] {
  const view = useSearch({ strict: false }) as View;
  const navigate = useNavigate();
  const change = useCallback(
    (changes: Partial<View>, step = false) =>
      void navigate({ to: '.', search: (old: View) => readView({ ...old, ...changes }), replace: !step, resetScroll: false }),
    [navigate],
  );
  return useMemo(() => [view, change], [view, change]);
}

/** A list in the URL with one member put in or taken out; undefined when it is empty. */
export function toggled(list: string | undefined, member: string): string | undefined {
  const members = listOf(list);
  const next = members.includes(member) ? members.filter((other) => other !== member) : [...members, member];
  return next.join(',') || undefined;
}
