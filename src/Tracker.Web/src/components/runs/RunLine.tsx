import { memo, useMemo, useState, type ComponentType } from 'react';
import { setFocus } from '../../charts/focus';
import { widthOf, type Column } from '../../lib/columns';
import { parseField, type Row } from '../../lib/fields';
import type { AggregateName, Group } from '../../lib/groups';
import { summary } from '../../lib/groups';
import { formatCount, formatValue, plural } from '../../lib/numbers';
import { formatDuration } from '../../lib/times';
import { isNumeric, RunCell } from './RunCell';

/** Width of what stands before the columns: the box that selects, the dot that shows. */
export const leadWidth = 56;

/** Where each pinned column sticks, from the left. */
export function pinnedAt(columns: readonly Column[]): Map<string, number> {
  let left = leadWidth;
  const places = new Map<string, number>();
  for (const column of columns) {
    if (!column.pinned) break;
    places.set(column.field, left);
    left += widthOf(column);
  }
  return places;
}

interface LineProps {
  row: Row;
  columns: readonly Column[];
  pins: ReadonlyMap<string, number>;
  colour: string;
  shown: boolean;
  selected: boolean;
  current: boolean;
  inGroup: boolean;
  spark: string | undefined;
  now: number;
  /** What stands behind the name: the menu of the run. */
  Menu: ComponentType<{ row: Row }>;
  onShow: (run: string) => void;
  onSelect: (run: string, range: boolean) => void;
}

/** A run in the table. */
export const RunLine = memo(function RunLine({ row, columns, pins, colour, shown, selected, current, inGroup, spark, now, Menu, onShow, onSelect }: LineProps) {
  const looks = useMemo(() => ({ spark, colour, now }), [spark, colour, now]);
  // The menu of a line exists only where somebody is.
  const [here, setHere] = useState(false);
  return (
    <div
      role="row"
      className="line"
      data-shown={shown || undefined}
      data-selected={selected || undefined}
      data-current={current || undefined}
      data-inner={inGroup || undefined}
      onPointerEnter={() => {
        setHere(true);
        setFocus(shown ? row.id : null);
      }}
      onFocus={() => setHere(true)}
      onPointerLeave={() => setFocus(null)}
    >
      <span role="cell" className="cell lead">
        <input type="checkbox" aria-label={`Select ${row.name}`} checked={selected} onChange={() => undefined} onClick={(event) => onSelect(row.id, event.shiftKey)} />
        <button type="button" className="eye" aria-pressed={shown} aria-label={`Show ${row.name} on the charts`} title={shown ? 'Take off the charts' : 'Show on the charts'} style={{ color: colour }} onClick={() => onShow(row.id)}>
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <circle cx="6" cy="6" r="4" fill={shown ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth="1.4" />
          </svg>
        </button>
      </span>
      {columns.map(({ field }) => (
        <span key={field} role="cell" className="cell" data-number={isNumeric(field) || undefined} data-pinned={pins.has(field) || undefined} style={pins.has(field) ? { left: pins.get(field) } : undefined}>
          <RunCell row={row} field={field} looks={looks} />
          {field === 'name' && here && <Menu row={row} />}
        </span>
      ))}
    </div>
  );
});

interface GroupProps {
  group: Group;
  labels: readonly string[];
  columns: readonly Column[];
  pins: ReadonlyMap<string, number>;
  sum: AggregateName;
  open: boolean;
  onToggle: (key: string) => void;
}

const words: Record<AggregateName, string> = { mean: 'mean', min: 'least', max: 'greatest', std: 'standard deviation', count: 'number of values' };

/** A group of runs: how many they are, and of each column what they have together. */
export const GroupLine = memo(function GroupLine({ group, labels, columns, pins, sum, open, onToggle }: GroupProps) {
  const name = labels.map((label, i) => `${label} ${group.values[i] ?? '–'}`).join(' · ');
  return (
    <div role="row" className="line group-line">
      <span role="cell" className="cell lead">
        <button type="button" className="quiet fold" aria-expanded={open} aria-label={`${open ? 'Close' : 'Open'} ${name}`} onClick={() => onToggle(group.key)}>{open ? '▾' : '▸'}</button>
      </span>
      {columns.map(({ field }) => {
        const style = pins.has(field) ? { left: pins.get(field) } : undefined;
        const common = { role: 'cell', className: 'cell', 'data-pinned': pins.has(field) || undefined, style };
        if (field === 'name') return <span key={field} {...common} title={name}><b>{group.values.map((value) => value ?? '–').join(' · ')}</b>&nbsp;<span className="cell-none">{formatCount(group.rows.length)}</span></span>;
        if (field === 'health') {
          const sick = group.rows.filter((row) => row.diagnoses.some((diagnosis) => diagnosis.severity !== 'info')).length;
          return <span key={field} {...common}>{sick > 0 ? <span className="health" data-tone="crit">{plural(sick, 'run')} with a diagnosis</span> : <span className="cell-none">– no findings</span>}</span>;
        }
        const found = summary(group.rows, parseField(field));
        if (!found || field === 'spark') return <span key={field} {...common} />;
        if ('text' in found) return <span key={field} {...common} className="cell cell-none">{found.text}</span>;
        const { aggregate } = found;
        const said = field === 'duration' ? formatDuration : formatValue;
        const title = `${words[sum]}; mean ${said(aggregate.mean)} ± ${said(aggregate.std)}, ${said(aggregate.min)} to ${said(aggregate.max)}, of ${plural(aggregate.count, 'value')}`;
        return <span key={field} {...common} data-number={isNumeric(field) || undefined} title={title}>{sum === 'count' ? formatCount(aggregate.count) : said(aggregate[sum])}</span>;
      })}
    </div>
  );
});
