import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { Smoother, XAxis } from '../api/queries';

export type Size = 'small' | 'large';

/** What the URL holds of a page: a copied link opens the same view. */
export interface View {
  tab?: string;
  /** Strength of the smoothing, in the units of its kind. */
  smooth?: number;
  smoother?: Smoother;
  x?: XAxis;
  /** The x axis is logarithmic. */
  xlog?: boolean;
  /** Charts whose y scale is not their usual one. */
  log?: string;
  /** Charts shown without smoothing. */
  raw?: string;
  /** Charts whose y axis ignores outliers; `*`: all. */
  calm?: string;
  from?: number;
  to?: number;
  /** The one chart that fills the page. */
  full?: string;
  /** Only charts whose series fits this regular expression. */
  charts?: string;
  /** Sections of charts that are folded, and charts that stand above all sections. */
  folded?: string;
  pins?: string;
  /** How large charts are; medium unless it says so. */
  size?: Size;
  /** Runs on the charts. */
  runs?: string;
  /** Which runs: a filter, or plain words. */
  filter?: string;
  order?: string;
  /** Columns of the runs table, and of the one beside the charts. */
  cols?: string;
  side?: string;
  /** Fields that runs are grouped by, and what a group shows of its numbers. */
  group?: string;
  sum?: string;
  /** Colours that people gave to runs: `id:3;id:7`. */
  paint?: string;
  /** The runs in the trash. */
  trash?: boolean;
  /** The saved view that this one began as. */
  view?: string;
  /** What the comparison shows: a part, its axes, its reference. */
  part?: string;
  sx?: string;
  sy?: string;
  sc?: string;
  target?: string;
  axes?: string;
  brush?: string;
  reference?: string;
  find?: string;
  state?: string;
  /** Which instruments of the examination. */
  preset?: string;
  /** Histograms: how, which layer, which step, beside which run. */
  shape?: string;
  layer?: string;
  at?: number;
  beside?: string;
  /** The inbox: its severity, verdict, condition, project. */
  severity?: string;
  verdict?: string;
  condition?: string;
  project?: string;
}

const texts = [
  'tab', 'log', 'raw', 'calm', 'full', 'charts', 'folded', 'pins', 'runs', 'filter', 'order', 'cols', 'side', 'group', 'sum', 'paint', 'view', 'x',
  'part', 'sx', 'sy', 'sc', 'target', 'axes', 'brush', 'reference', 'find', 'state',
  'preset', 'shape', 'layer', 'beside', 'severity', 'verdict', 'condition', 'project',
] as const;
const numbers = ['smooth', 'from', 'to', 'at'] as const;
const flags = ['xlog', 'trash'] as const;
const smoothers: readonly unknown[] = ['ema', 'time-ema', 'gaussian', 'mean'];

/** Takes from a URL what is valid and leaves the rest. */
export function readView(search: Record<string, unknown>): View {
  const view: View = {};
  for (const name of texts) if (search[name] != null && search[name] !== '') view[name] = String(search[name]);
  for (const name of numbers) if (Number.isFinite(search[name])) view[name] = search[name] as number;
  for (const name of flags) if (search[name] === true) view[name] = true;
  if (search.size === 'small' || search.size === 'large') view.size = search.size;
  if (smoothers.includes(search.smoother)) view.smoother = search.smoother as Smoother;
  if (view.smooth !== undefined) view.smooth = Math.min(smoothRange(view.smoother).max, Math.max(0, view.smooth));
  return view;
}

/** What the slider of a kind of smoothing spans: a weight up to 0.99, or a width in points. */
export function smoothRange(smoother: Smoother = 'ema'): { max: number; step: number; usual: number } {
  if (smoother === 'gaussian') return { max: 200, step: 1, usual: 10 };
  if (smoother === 'mean') return { max: 500, step: 1, usual: 20 };
  return { max: 0.99, step: 0.01, usual: smoother === 'ema' ? usualSmoothing : 0.8 };
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
