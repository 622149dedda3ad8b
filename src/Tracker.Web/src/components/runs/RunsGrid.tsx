import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState, type ComponentType, type CSSProperties, type MouseEvent } from 'react';
import { widthOf, type Column } from '../../lib/columns';
import type { Row } from '../../lib/fields';
import type { AggregateName } from '../../lib/groups';
import { useShortcuts } from '../shortcuts';
import { useNow } from '../time';
import { GridHead, labelOf, templateOf } from './GridHead';
import type { Item } from './items';
import { GroupLine, leadWidth, pinnedAt, RunLine } from './RunLine';

interface Props {
  items: readonly Item[];
  columns: readonly Column[];
  order: string | undefined;
  spark: string | undefined;
  shown: ReadonlySet<string>;
  selected: ReadonlySet<string>;
  colours: (run: string) => string;
  grouped: readonly string[];
  sum: AggregateName;
  Menu: ComponentType<{ row: Row }>;
  onColumns: (columns: Column[]) => void;
  onOrder: (order: string | undefined) => void;
  onGroup?: ((field: string) => void) | undefined;
  onShow: (run: string) => void;
  onSelect: (selected: ReadonlySet<string>) => void;
  onToggleGroup: (key: string) => void;
  onOpen: (row: Row) => void;
  /** The last line that is near the screen, so that what comes next is read. */
  onReach: (index: number) => void;
}

const lineHeight = 28;

/** The runs of a project: however many there are, only the lines in view exist. */
export function RunsGrid(props: Props) {
  const { items, columns, order, spark, shown, selected, colours, grouped, sum, Menu, onColumns, onOrder, onGroup, onShow, onSelect, onToggleGroup, onOpen, onReach } = props;
  const box = useRef<HTMLDivElement>(null);
  const now = useNow(5000);
  const [current, setCurrent] = useState(-1);
  const pins = useMemo(() => pinnedAt(columns), [columns]);
  const labels = useMemo(() => grouped.map(labelOf), [grouped]);
  const lines = useVirtualizer({ count: items.length, getScrollElement: () => box.current, estimateSize: () => lineHeight, overscan: 6, scrollPaddingStart: lineHeight, useFlushSync: false });
  const visible = lines.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => onReach(last), [last, items.length, onReach]);

  const anchor = useRef<string | null>(null);
  const state = useRef({ items, selected });
  state.current = { items, selected };
  const select = useCallback((run: string, range: boolean) => {
    const { items, selected } = state.current;
    const next = new Set(selected);
    const ids = items.flatMap((item) => (item.kind === 'run' ? [item.row.id] : []));
    const [a, b] = [ids.indexOf(anchor.current ?? ''), ids.indexOf(run)];
    if (range && a >= 0 && b >= 0) ids.slice(Math.min(a, b), Math.max(a, b) + 1).forEach((id) => next.add(id));
    else if (!next.delete(run)) next.add(run);
    anchor.current = run;
    onSelect(next);
  }, [onSelect]);

  const listed = useMemo(() => items.flatMap((item) => (item.kind === 'run' ? [item.row.id] : [])), [items]);
  const all = selected.size > 0 && listed.length > 0 && listed.every((id) => selected.has(id));
  const everything = useRef({ listed, all });
  everything.current = { listed, all };
  // The same while one scrolls: the headings are drawn once.
  const selectAll = useCallback(() => {
    const { listed, all } = everything.current;
    onSelect(all ? new Set() : new Set([...state.current.selected, ...listed]));
  }, [onSelect]);
  const go = (way: number) => {
    const next = Math.min(items.length - 1, Math.max(0, current + way));
    setCurrent(next);
    lines.scrollToIndex(next, { align: 'auto' });
  };
  const here = items[current];
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    x: () => here?.kind === 'run' && onShow(here.row.id),
    s: () => here?.kind === 'run' && select(here.row.id, false),
    Enter: () => (here?.kind === 'run' ? onOpen(here.row) : here?.kind === 'group' && onToggleGroup(here.group.key)),
  });

  const follow = (event: MouseEvent) => {
    const id = event.target instanceof Element ? event.target.closest<HTMLElement>('a[data-run]')?.dataset.run : undefined;
    const item = id === undefined ? undefined : items.find((other) => other.kind === 'run' && other.row.id === id);
    if (item?.kind !== 'run' || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onOpen(item.row);
  };
  const width = leadWidth + columns.reduce((sum, column) => sum + widthOf(column), 0);
  const head = box.current;
  useEffect(() => head?.style.setProperty('--columns', templateOf(columns)), [columns, head]);
  return (
    <div ref={box} onClick={follow} className="grid" role="table" aria-label="Runs" aria-rowcount={items.length + 1} style={{ '--columns': templateOf(columns), '--width': `${width}px` } as CSSProperties}>
      <GridHead
        columns={columns}
        pins={pins}
        order={order}
        grid={box}
        allSelected={all ? true : selected.size > 0 ? null : false}
        onSelectAll={selectAll}
        onColumns={onColumns}
        onOrder={onOrder}
        onGroup={onGroup}
      />
      <div role="rowgroup" className="grid-body" style={{ height: lines.getTotalSize() }}>
        {visible.map((line) => {
          const item = items[line.index]!;
          return (
            <div key={item.kind === 'run' ? item.row.id : item.kind === 'group' ? item.group.key : line.index} role="presentation" className="line-place" style={{ transform: `translateY(${line.start}px)` }}>
              {item.kind === 'blank' && <div role="row" className="line blank"><span role="cell" className="cell" /></div>}
              {item.kind === 'group' && <GroupLine group={item.group} labels={labels} columns={columns} pins={pins} sum={sum} open={item.open} onToggle={onToggleGroup} />}
              {item.kind === 'run' && (
                <RunLine
                  row={item.row}
                  columns={columns}
                  pins={pins}
                  colour={colours(item.row.id)}
                  shown={shown.has(item.row.id)}
                  selected={selected.has(item.row.id)}
                  current={line.index === current}
                  inGroup={item.inGroup}
                  spark={spark}
                  now={now}
                  Menu={Menu}
                  onShow={onShow}
                  onSelect={select}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
