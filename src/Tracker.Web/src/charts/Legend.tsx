import { formatCount, formatValue } from '../lib/numbers';
import { nearestIndex } from '../lib/points';
import { formatClock, formatDuration } from '../lib/times';
import type { Line } from './model';

export interface CursorAt {
  x: number;
  /** The pointer's height in units of the y axis; null when the pointer is on another chart. */
  y: number | null;
}

const most = 12;
const xText = {
  step: (x: number) => `step ${formatCount(Math.round(x))}`,
  relative: formatDuration,
  time: formatClock,
};

interface Row {
  line: Line;
  value: number;
}

function rowsAt(lines: readonly Line[], x: number): Row[] {
  return lines.flatMap((line) => {
    const index = x === Infinity ? line.x.length - 1 : nearestIndex(line.x, x);
    const mark = x === Infinity ? line.marks.at(-1) : line.marks[nearestIndex(line.marks.map((item) => item.x), x)];
    const nearer = (a: number, b: number) => (x === Infinity ? a > b : Math.abs(a - x) < Math.abs(b - x));
    if (mark && (index < 0 || nearer(mark.x, line.x[index]!))) return [{ line, value: mark.value }];
    return index < 0 ? [] : [{ line, value: (line.smoothed ?? line.y)[index]! }];
  });
}

interface Props {
  lines: readonly Line[];
  cursor: CursorAt | null;
  log: boolean;
  axis: keyof typeof xText;
  note?: string | undefined;
}

/** The curves by name, with their values at the cursor, else their last ones. Many curves are listed only under the cursor, greatest first. */
export function Legend({ lines, cursor, log, axis, note }: Props) {
  const few = lines.length <= 3;
  const rows = cursor ? rowsAt(lines, cursor.x) : few ? rowsAt(lines, Infinity) : [];
  const distance = (value: number): number => (log ? Math.abs(Math.log(value / cursor!.y!)) : Math.abs(value - cursor!.y!));
  const near = cursor && cursor.y !== null && rows.length > 1 ? rows.reduce((a, b) => (distance(b.value) < distance(a.value) ? b : a)) : null;

  if (few) {
    return (
      <div className="legend">
        {rows.map(({ line, value }) => <Entry key={line.key} line={line} value={value} bold={near?.line === line} name={lines.length > 1} />)}
        {cursor && <span className="legend-x">{xText[axis](cursor.x)}</span>}
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
  const sorted = [...rows].sort((a, b) => (Number.isNaN(a.value) ? -1 : Number.isNaN(b.value) ? 1 : b.value - a.value));
  return (
    <div className="legend">
      <span className="legend-x">{xText[axis](cursor.x)}</span>
      {cursor.y !== null && (
        <div className="legend-float">
          {sorted.slice(0, most).map(({ line, value }) => <Entry key={line.key} line={line} value={value} bold={near?.line === line} name />)}
          {sorted.length > most && <span className="legend-x">and {sorted.length - most} more</span>}
        </div>
      )}
    </div>
  );
}

function Entry({ line, value, bold, name }: Row & { bold: boolean; name: boolean }) {
  return (
    <span className="legend-entry" data-bold={bold || undefined}>
      <i style={{ background: line.colour }} aria-hidden="true" />
      {name && <span className="legend-name">{line.label}</span>}
      <b>{formatValue(value)}</b>
    </span>
  );
}
