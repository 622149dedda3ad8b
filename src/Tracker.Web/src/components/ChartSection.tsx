import type { ReactNode } from 'react';
import { plural } from '../lib/numbers';
import { listOf, toggled, useView } from './view';

/** Charts that belong together, under a heading that folds them. */
export function ChartSection({ name, count, children }: { name: string; count: number; children: ReactNode }) {
  const [view, change] = useView();
  const open = !listOf(view.folded).includes(name);
  return (
    <section aria-label={name} className="chart-section">
      <h2 className="section-name">
        <button type="button" className="section-fold" aria-expanded={open} onClick={() => change({ folded: toggled(view.folded, name) })}>
          <i aria-hidden="true">{open ? '▾' : '▸'}</i>{name}
        </button>
        <span>{plural(count, 'chart')}</span>
      </h2>
      {open && <div className="chart-grid" data-size={view.size}>{children}</div>}
    </section>
  );
}

/** The section of the charts that a person put on top. */
export const pinnedSection = 'pinned';

/** What is pinned comes first, in the order in which it was pinned, and no more where it was. */
export function withPinned<T>(sections: readonly { name: string; charts: readonly T[] }[], keyOf: (chart: T) => string, pins: string | undefined): { name: string; charts: readonly T[] }[] {
  const wanted = listOf(pins);
  if (wanted.length === 0) return [...sections];
  const all = new Map(sections.flatMap(({ charts }) => charts.map((chart) => [keyOf(chart), chart])));
  const pinned = wanted.flatMap((key) => all.get(key) ?? []);
  const rest = sections.map(({ name, charts }) => ({ name, charts: charts.filter((chart) => !wanted.includes(keyOf(chart))) })).filter(({ charts }) => charts.length > 0);
  return pinned.length > 0 ? [{ name: pinnedSection, charts: pinned }, ...rest] : rest;
}
