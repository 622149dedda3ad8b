import { memo, useRef, type PointerEvent as ReactPointerEvent, type RefObject } from 'react';
import { clampWidth, moveColumn, nextOrder, readOrder, widthOf, writeOrder, type Column } from '../../lib/columns';
import { fieldLabel, forms, metricField, parseField, type Form } from '../../lib/fields';
import { MenuItem, Popover } from '../Popover';
import { isNumeric } from './RunCell';

interface Props {
  columns: readonly Column[];
  pins: ReadonlyMap<string, number>;
  order: string | undefined;
  grid: RefObject<HTMLElement | null>;
  allSelected: boolean | null;
  onSelectAll: () => void;
  onColumns: (columns: Column[]) => void;
  onOrder: (order: string | undefined) => void;
  onGroup?: ((field: string) => void) | undefined;
}

const unordered = /^(spark|health$|tags$|diagnoses\.cause$)/;
export const labelOf = (field: string): string => (field.startsWith('spark.') ? `${field.slice(6)} curve` : fieldLabel(parseField(field)));
/** What a heading orders by; health by how bad the worst diagnosis is. */
const orderField = (field: string): string | null => (field === 'health' ? 'diagnoses.severity' : unordered.test(field) ? null : field);

/** The headings: a click orders, a drag moves, the right edge resizes, the menu does the rest. */
export const GridHead = memo(function GridHead({ columns, pins, order, grid, allSelected, onSelectAll, onColumns, onOrder, onGroup }: Props) {
  const keys = readOrder(order);
  const dragged = useRef<string | null>(null);
  return (
    <div role="row" className="line head">
      <span role="columnheader" className="cell lead">
        <input
          type="checkbox"
          aria-label="Select all runs that are listed"
          checked={allSelected === true}
          ref={(box) => {
            if (box) box.indeterminate = allSelected === null;
          }}
          onChange={onSelectAll}
        />
      </span>
      {columns.map((column, i) => {
        const { field } = column;
        const by = orderField(field);
        const key = keys.find((item) => item.field === by);
        const change = (changes: Partial<Column>) => onColumns(columns.map((other) => (other === column ? { ...other, ...changes } : other)));
        return (
          <span
            key={field}
            role="columnheader"
            className="cell"
            data-number={isNumeric(field) || undefined}
            data-pinned={pins.has(field) || undefined}
            style={pins.has(field) ? { left: pins.get(field) } : undefined}
            aria-sort={key ? (key.descending ? 'descending' : 'ascending') : undefined}
            draggable
            onDragStart={(event) => {
              dragged.current = field;
              event.dataTransfer.effectAllowed = 'move';
            }}
            onDragOver={(event) => dragged.current && event.preventDefault()}
            onDrop={() => {
              if (dragged.current) onColumns(moveColumn(columns, dragged.current, field));
              dragged.current = null;
            }}
          >
            <button
              type="button"
              className="head-name"
              disabled={!by}
              title={by ? `${labelOf(field)}: order by it; with shift, besides the order that is there` : labelOf(field)}
              onClick={(event) => by && onOrder(writeOrder(nextOrder(keys, by, event.shiftKey)))}
            >
              <span>{labelOf(field)}</span>{key && <i aria-hidden="true">{key.descending ? '↓' : '↑'}{keys.length > 1 ? keys.indexOf(key) + 1 : ''}</i>}
            </button>
            <Popover label="▾" name={`Column ${labelOf(field)}`} className="quiet head-menu">
              {(close) => (
                <HeadMenu
                  column={column}
                  by={by}
                  act={(action) => {
                    action();
                    close();
                  }}
                  onOrder={onOrder}
                  onChange={change}
                  onGroup={onGroup}
                  onMove={(way) => {
                    const other = columns[i + way];
                    if (other) onColumns(moveColumn(columns, field, other.field));
                  }}
                  onHide={() => onColumns(columns.filter((other) => other !== column))}
                />
              )}
            </Popover>
            <span className="head-edge" aria-hidden="true" onPointerDown={(event) => resize(event, column, i, columns, grid, (width) => change({ width }))} onDoubleClick={() => change({ width: undefined })} />
          </span>
        );
      })}
    </div>
  );
});

interface MenuProps {
  column: Column;
  by: string | null;
  act: (action: () => void) => void;
  onOrder: (order: string | undefined) => void;
  onChange: (changes: Partial<Column>) => void;
  onGroup?: ((field: string) => void) | undefined;
  onMove: (way: 1 | -1) => void;
  onHide: () => void;
}

const formWords: Partial<Record<Form, string>> = { last: 'Last value', min: 'Least', max: 'Greatest', mean: 'Mean' };

function HeadMenu({ column: { field, pinned }, by, act, onOrder, onChange, onGroup, onMove, onHide }: MenuProps) {
  const parsed = parseField(field);
  return (
    <div className="menu">
      {by && <MenuItem onClick={() => act(() => onOrder(by))}>Order, least first</MenuItem>}
      {by && <MenuItem onClick={() => act(() => onOrder(`${by} desc`))}>Order, greatest first</MenuItem>}
      {by && <hr />}
      {parsed.kind === 'metric' && forms.filter((form) => formWords[form]).map((form) => (
        <MenuItem key={form} checked={parsed.form === form} onClick={() => act(() => onChange({ field: metricField(parsed.series, form) }))}>{formWords[form]}</MenuItem>
      ))}
      {parsed.kind === 'metric' && <MenuItem onClick={() => act(() => onChange({ field: `spark.${parsed.series}` }))}>As a curve</MenuItem>}
      {field.startsWith('spark.') && <MenuItem onClick={() => act(() => onChange({ field: metricField(field.slice(6)) }))}>As a number</MenuItem>}
      {onGroup && parsed.kind !== 'metric' && !field.startsWith('spark') && !['name', 'health', 'id'].includes(field) && <MenuItem onClick={() => act(() => onGroup(field))}>Group by it</MenuItem>}
      <MenuItem checked={pinned === true} onClick={() => act(() => onChange({ pinned: pinned ? undefined : true }))}>Pinned</MenuItem>
      <MenuItem onClick={() => act(() => onMove(-1))}>Move left</MenuItem>
      <MenuItem onClick={() => act(() => onMove(1))}>Move right</MenuItem>
      {field !== 'name' && <MenuItem onClick={() => act(onHide)}>Hide</MenuItem>}
    </div>
  );
}

/** Follows the pointer on the grid itself; the view is changed once, at the end. */
function resize(event: ReactPointerEvent, column: Column, at: number, columns: readonly Column[], grid: RefObject<HTMLElement | null>, done: (width: number) => void): void {
  event.preventDefault();
  event.stopPropagation();
  const from = event.clientX;
  const before = widthOf(column);
  let width = before;
  const move = (moved: PointerEvent) => {
    width = clampWidth(before + moved.clientX - from);
    grid.current?.style.setProperty('--columns', templateOf(columns.map((other, i) => (i === at ? { ...other, width } : other))));
  };
  const end = () => {
    removeEventListener('pointermove', move);
    if (width !== before) done(width);
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', end, { once: true });
}

/** The widths of all columns for the grid; the last takes what is left. */
export const templateOf = (columns: readonly Column[]): string => `56px ${columns.map((column, i) => (i === columns.length - 1 ? `minmax(${widthOf(column)}px, 1fr)` : `${widthOf(column)}px`)).join(' ')}`;
