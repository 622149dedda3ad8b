import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { FilterInput } from '../../components/FilterInput';
import { useLocalView } from '../../components/localView';
import { LogARun } from '../../components/LogARun';
import { RunMenu } from '../../components/runs/RunMenu';
import { RunsGrid } from '../../components/runs/RunsGrid';
import { Shell } from '../../components/Shell';
import { useShortcuts } from '../../components/shortcuts';
import { Empty, Failure, Skeleton } from '../../components/states';
import type { Row } from '../../lib/fields';
import { formatCount, plural } from '../../lib/numbers';
import { useCounts } from '../useProject';
import { BulkBar } from './BulkBar';
import { RunsTools } from './RunsTools';
import { useRunsTable } from './useRunsTable';

const route = getRouteApi('/projects/$project');

/** All runs of a project as a table. */
export function RunsPage() {
  const { project } = route.useParams();
  const navigate = useNavigate();
  useLocalView(project, 'runs');
  const table = useRunsTable(project, 'cols');
  const { view, change, items, rows, active, count } = table;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { open, running } = useCounts(project);
  useEffect(() => {
    document.title = `${project} · Tracker`;
  }, [project]);
  useShortcuts({ '/': () => document.querySelector<HTMLInputElement>('.filter-input')?.focus(), Escape: () => setSelected(new Set()) });

  const tags = table.names.tags;
  const Menu = useCallback(({ row }: { row: Row }) => <RunMenu row={row} project={project} tags={tags} />, [project, tags]);
  const onOpen = useCallback((row: Row) => void navigate({ to: '/runs/$run', params: { run: row.id }, search: {} }), [navigate]);
  const onGroup = useCallback((field: string) => change({ group: field }, true), [change]);
  const onOrder = useCallback((order: string | undefined) => change({ order }), [change]);
  const chosen = rows.filter((row) => selected.has(row.id));
  const nothing = active.data !== undefined && rows.length === 0;

  return (
    <Shell project={project} open={open} running={running}>
      {nothing && !view.filter && !view.trash ? (
        <Empty page title={`${project} has no runs yet.`}><p>They appear here by themselves. These lines log one:</p><LogARun project={project} /></Empty>
      ) : (
        <div className="runs-page">
          <h1 className="hidden">{project}: {view.trash ? 'trash' : 'runs'}</h1>
          <div className="runs-bar">
            <FilterInput value={view.filter ?? ''} names={table.names} error={table.wrong} onChange={(filter) => change({ filter: filter || undefined })} />
            <RunsTools project={project} table={table} />
          </div>
          {chosen.length > 0 && <BulkBar project={project} rows={chosen} table={table} onDone={() => setSelected(new Set())} />}
          {active.error && !table.wrong && rows.length === 0 ? (
            <Failure what="The runs could not be read." error={active.error} retry={() => void active.refetch()} />
          ) : !active.data ? (
            <Skeleton height={480} />
          ) : nothing ? (
            <Empty title={view.trash ? 'The trash is empty.' : 'No run fits the filter.'}>
              {view.filter && <button type="button" onClick={() => change({ filter: undefined })}>Take the filter away</button>}
              {view.trash && <button type="button" onClick={() => change({ trash: undefined })}>Back to the runs</button>}
            </Empty>
          ) : (
            <RunsGrid
              items={items}
              columns={table.columns}
              order={view.order}
              spark={table.spark}
              shown={table.shown}
              selected={selected}
              colours={table.colours}
              grouped={table.grouped}
              sum={table.sum}
              Menu={Menu}
              onColumns={table.setColumns}
              onOrder={onOrder}
              onGroup={onGroup}
              onShow={table.toggleShown}
              onSelect={setSelected}
              onToggleGroup={table.toggleGroup}
              onOpen={onOpen}
              onReach={table.onReach}
            />
          )}
          <p className="runs-foot">
            {count === undefined ? `${formatCount(rows.length)} read` : plural(count, 'run')}
            {table.grouped.length > 0 && ` in ${plural(table.groups.length, 'group')}`} · {table.shown.size} on the charts
            <span className="hints"> · <kbd>j</kbd> <kbd>k</kbd> to move · <kbd>x</kbd> to show · <kbd>s</kbd> to select · <kbd>/</kbd> to filter</span>
          </p>
        </div>
      )}
    </Shell>
  );
}
