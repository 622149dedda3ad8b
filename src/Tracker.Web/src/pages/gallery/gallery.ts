import { queryOptions } from '@tanstack/react-query';
import type { Severity } from '../../lib/health';
import type { Num } from '../../lib/numbers';

export interface Curve {
  x: number[];
  y: number[];
  smoothed?: number[];
  /** First step that is not a number. */
  lost?: number;
}

/** A recorded run as the page shows it. Made by scripts/gallery.mjs. */
export interface Exhibit {
  name: string;
  group: 'shape' | 'regime' | 'pair' | 'more';
  title: string;
  look: string;
  config: Record<string, unknown>;
  steps: number;
  train: Curve | null;
  val: Curve | null;
  layers: { label: string; value: Num }[];
  instrument: { title: string; log: boolean; lines: (Curve & { label: string })[] } | null;
  diagnosis: { severity: Severity; title: string; symptom: string; well: boolean; cause: string; strength: string; todo: string; check: string | null; onset: number; to: number | null } | null;
}

export const galleryQuery = queryOptions({
  queryKey: ['gallery'],
  queryFn: async ({ signal }) => {
    const response = await fetch('/gallery/gallery.json', { signal });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return ((await response.json()) as { items: Exhibit[] }).items;
  },
  staleTime: Infinity,
});
