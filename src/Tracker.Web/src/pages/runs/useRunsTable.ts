import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { useWatch } from '../../api/hooks';
import { allRowsQuery, countQuery, fieldsQuery, rowsQuery } from '../../api/rows';
import { useColours } from '../../components/colours';
import { groupItems, type Item } from '../../components/runs/items';
import { listOf, useView } from '../../components/view';
import { arranged, fieldsFor, readColumns, sideColumns, usualColumns, writeColumns, type Column } from '../../lib/columns';
import { parseField, valueOf, type Row } from '../../lib/fields';
import { asFilter, type Names } from '../../lib/filter';
import { aggregates, groupsOf, type AggregateName } from '../../lib/groups';
import { primarySeries } from '../../lib/sections';

/** Runs on the charts when nobody chose any. */
const usuallyShown = 10;
/** Grouping reads all runs that the filter finds, up to so many. */
export const mostGrouped = 20_000;
const none: readonly never[] = [];

/** The runs of a project as its table shows them: what the URL says, what the server answers, and how to change it. */
export function useRunsTable(project: string, which: 'cols' | 'side') {
  const [view, change] = useView();
  useWatch('project', [project]);
  const fields = useQuery(fieldsQuery(project));
  const metrics = useMemo(() => fields.data?.metrics.map(({ name }) => name) ?? none, [fields.data]);
  const config = useMemo(() => fields.data?.config.map(({ name }) => name) ?? none, [fields.data]);
  const chosen = view[which];
  const columns = useMemo(() => {
    const trash = view.trash ? [{ field: 'deletedAt' }, { field: 'purgeAt' }] : [];
    return arranged([...(chosen ? readColumns(chosen) : which === 'side' ? sideColumns(metrics) : usualColumns(metrics, config)), ...trash]);
  }, [chosen, which, metrics, config, view.trash]);
  const grouped = useMemo(() => listOf(view.group), [view.group]);
  const isGrouped = grouped.length > 0;
  const filter = asFilter(view.filter ?? '');
  const request = { filter, orderBy: view.order, fields: fieldsFor(columns, grouped, view.trash), deleted: view.trash };
  const paged = useInfiniteQuery({ ...rowsQuery(project, request), enabled: !isGrouped });
  const all = useQuery({ ...allRowsQuery(project, request, mostGrouped), enabled: isGrouped });
  const active = isGrouped ? all : paged;
  // How many there are comes after what there is.
  const count = useQuery({ ...countQuery(project, filter, view.trash), enabled: active.data !== undefined && !active.isPlaceholderData });
  const rows = useMemo<readonly Row[]>(() => (isGrouped ? all.data : paged.data?.pages.flatMap((page) => page.items)) ?? none, [isGrouped, all.data, paged.data]);

  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggleGroup = useCallback((key: string) => setOpened((old) => toggledSet(old, key)), []);
  const groups = useMemo(() => (isGrouped ? groupsOf(rows, grouped.map(parseField)) : none), [isGrouped, rows, grouped]);
  const total = Math.max(rows.length, paged.hasNextPage ? count.data ?? 0 : 0);
  const items = useMemo<Item[]>(() => {
    if (isGrouped) return groupItems(groups, opened);
    const known = rows.map((row): Item => ({ kind: 'run', row, inGroup: false }));
    return total > known.length ? [...known, ...Array.from({ length: total - known.length }, (): Item => ({ kind: 'blank' }))] : known;
  }, [isGrouped, groups, opened, rows, total]);

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = paged;
  const onReach = useCallback((index: number) => {
    if (!isGrouped && index + 40 > rows.length && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [isGrouped, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  // Shown on the charts: those that were chosen, else the first of the table as it is ordered.
  const first = useMemo(() => rows.slice(0, usuallyShown).map((row) => row.id).join(), [rows]);
  const seen = view.runs ?? first;
  const shown = useMemo(() => new Set(listOf(seen)), [seen]);
  const colours = useColours(useMemo(() => listOf(seen), [seen]));
  const latest = useRef(shown);
  latest.current = shown;
  const toggleShown = useCallback((run: string) => change({ runs: [...toggledSet(latest.current, run)].join(',') || ',' }), [change]);

  const problem = active.error instanceof ApiError && active.error.problem.position !== undefined ? active.error.problem : undefined;
  const names = useMemo((): Names => ({
    metrics: fields.data?.metrics ?? none,
    config: fields.data?.config ?? none,
    attributes: fields.data?.attributes ?? none,
    tags: fields.data?.tags.map(({ name }) => name) ?? none,
    groups: fields.data?.groups.map(({ name }) => name) ?? none,
    jobTypes: fields.data?.jobTypes.map(({ name }) => name) ?? none,
    values: knownValues(rows),
  }), [fields.data, rows]);

  return {
    view, change, fields: fields.data, columns, items, rows, groups, grouped, colours, shown, names, request, active, count: count.data,
    sum: (aggregates as readonly string[]).includes(view.sum ?? '') ? (view.sum as AggregateName) : 'mean' as const,
    spark: primarySeries(metrics),
    wrong: problem?.position !== undefined ? { position: problem.position, message: `expected ${problem.expected ?? 'something else'}` } : undefined,
    setColumns: useCallback((next: readonly Column[] | null) => change({ [which]: next ? writeColumns(next.filter((column) => column.field !== 'deletedAt' && column.field !== 'purgeAt')) : undefined }), [change, which]),
    toggleShown, toggleGroup, onReach,
  };
}

export function toggledSet(set: ReadonlySet<string>, member: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}

/** Values of config keys among the runs that were read, for completion: texts in quotes, as a filter writes them. */
function knownValues(rows: readonly Row[]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const row of rows.slice(0, 400)) {
    for (const path of Object.keys(row.config)) {
      const value = valueOf(row, { kind: 'config', path });
      if (value === null || Array.isArray(value)) continue;
      const set = found.get(path) ?? new Set();
      if (set.size < 50) found.set(path, set.add(typeof value === 'string' ? JSON.stringify(value) : String(value)));
    }
  }
  return new Map([...found].map(([path, set]) => [path, [...set].sort()]));
}
