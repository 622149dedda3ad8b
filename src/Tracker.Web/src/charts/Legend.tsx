import { useEffect, useRef } from 'react';
import { formatValue } from '../lib/numbers';
import { nearestIndex, nearestMark } from '../lib/points';
import { useCursor, type CursorAt, type CursorStore } from './cursor';
import type { Line } from './model';
import { xText } from './options';

const most = 24;

interface Row {
  line: Line;
  value: number;
  raw?: number | undefined;
  band?: [number, number] | undefined;
}

function rowsAt(lines: readonly Line[], x: number): Row[] {
  return lines.flatMap((line): Row[] => {
    const end = x === Infinity;
    const index = end ? line.x.length - 1 : nearestIndex(line.x, x);
    const mark = end ? line.marks.at(-1) : nearestMark(line.marks, x);
    const nearer = (a: number, b: number) => (end ? a > b : Math.abs(a - x) < Math.abs(b - x));
    if (mark && (index < 0 || nearer(mark.x, line.x[index]!))) return [{ line, value: mark.value }];
    if (index < 0) return [];
    // A run that ended before the cursor, or began after it, has no value there.
    const reach = line.x.length > 1 ? (line.x.at(-1)! - line.x[0]!) / Math.min(50, line.x.length) : Infinity;
    if (!end && lines.length > 1 && Math.abs(line.x[index]! - x) > reach) return [];
    const band = line.band && ([line.band.low[index]!, line.band.high[index]!] as [number, number]);
    return [{ line, value: (line.smoothed ?? line.y)[index]!, raw: line.smoothed ? line.y[index] : undefined, band }];
  });
}

interface Props {
  lines: readonly Line[];
  store: CursorStore;
  log: boolean;
  axis: string;
  note?: string | undefined;
}

/** The curves by name, with their values at the cursor, else their last ones. Many curves are listed only under the cursor, greatest first. */
export function Legend({ lines, store, log, axis, note }: Props) {
  const cursor = useCursor(store);
  const few = lines.length <= 3;
  const rows = cursor ? rowsAt(lines, cursor.x) : few ? rowsAt(lines, Infinity) : [];
  const near = cursor && cursor.y !== null && rows.length > 1 ? nearest(rows, cursor.y, log) : null;

  if (few) {
    return (
      <div className="legend">
        {rows.map((row) => <Entry key={row.line.key} row={row} bold={near?.line === row.line} name={lines.length > 1} />)}
        {cursor && <span className="legend-x">{whereText(axis, cursor)}</span>}
      </div>
    );
  }
  if (!cursor) {
    return (
      <div className="legend">
        <span className="swatches" aria-hidden="true">{lines.slice(0, 24).map((line) => <i key={line.key} style={{ background: line.colour }} />)}</span>
        <span className="legend-x">{note ?? `${lines.length} curves`}</span>
      </div>
    );
  }
  return (
    <div className="legend">
      <span className="legend-x">{whereText(axis, cursor)}</span>
      {cursor.y !== null && <Float rows={rows} near={near} />}
    </div>
  );
}

/** All values at the cursor, greatest first, beside the chart where there is room for them. */
function Float({ rows, near }: { rows: readonly Row[]; near: Row | null }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = element.current!.closest('.chart')!.getBoundingClientRect();
    element.current!.dataset.up = String(box.bottom + element.current!.offsetHeight + 8 > innerHeight && box.top > element.current!.offsetHeight);
  }, [rows.length]);
  const sorted = [...rows].sort((a, b) => (Number.isNaN(a.value) ? -1 : Number.isNaN(b.value) ? 1 : b.value - a.value));
  return (
    <div ref={element} className="legend-float">
      {sorted.slice(0, most).map((row) => <Entry key={row.line.key} row={row} bold={near?.line === row.line} name />)}
      {sorted.length > most && <span className="legend-x">and {sorted.length - most} more</span>}
    </div>
  );
}

const whereText = (axis: string, { x }: CursorAt): string => (axis === 'step' ? `step ${xText(axis, Math.round(x))}` : xText(axis, x));

function nearest(rows: readonly Row[], y: number, log: boolean): Row {
  const distance = (value: number): number => (log ? Math.abs(Math.log(value / y)) : Math.abs(value - y));
  return rows.reduce((a, b) => (distance(b.value) < distance(a.value) ? b : a));
}

function Entry({ row: { line, value, raw, band }, bold, name }: { row: Row; bold: boolean; name: boolean }) {
  return (
    <span className="legend-entry" data-bold={bold || undefined}>
      <i style={{ background: line.colour }} aria-hidden="true" />
      {name && <span className="legend-name">{line.label}</span>}
      <b>{formatValue(value)}</b>
      {raw !== undefined && <span className="legend-raw">{formatValue(raw)}</span>}
      {band && <span className="legend-raw">{formatValue(band[0])} to {formatValue(band[1])}</span>}
    </span>
  );
}
