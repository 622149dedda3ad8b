import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { FilterInput } from '../../components/FilterInput';
import { useLocalView } from '../../components/localView';
import { LogARun } from '../../components/LogARun';
import { ColumnPicker } from '../../components/runs/ColumnPicker';
import { RunMenu } from '../../components/runs/RunMenu';
import { RunsGrid } from '../../components/runs/RunsGrid';
import { Shell } from '../../components/Shell';
import { useShortcuts } from '../../components/shortcuts';
import { Empty, Failure, Skeleton } from '../../components/states';
import { formatCount, plural } from '../../lib/numbers';
import type { Row } from '../../lib/fields';
import { GroupPicker } from '../runs/RunsTools';
import { useRunsTable } from '../runs/useRunsTable';
import { useCounts } from '../useProject';
import { WorkspaceCharts } from './WorkspaceCharts';

const route = getRouteApi('/projects/$project/charts');

/** A project's curves: its runs on the left, their charts side by side on the right. */
export function WorkspacePage() {
  const { project } = route.useParams();
  const navigate = useNavigate();
  useLocalView(project, 'charts');
  const table = useRunsTable(project, 'side');
  const { view, change, rows, active } = table;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { open, running } = useCounts(project);
  useEffect(() => {
    document.title = `${project}: charts · Tracker`;
  }, [project]);
  useShortcuts({ '/': () => document.querySelector<HTMLInputElement>('.filter-input')?.focus() });

  const tags = table.names.tags;
  const Menu = useCallback(({ row }: { row: Row }) => <RunMenu row={row} project={project} tags={tags} />, [project, tags]);
  const onOpen = useCallback((row: Row) => void navigate({ to: '/runs/$run', params: { run: row.id }, search: {} }), [navigate]);
  const onOrder = useCallback((order: string | undefined) => change({ order }), [change]);
  const nothing = active.data !== undefined && rows.length === 0;

  if (nothing && !view.filter) {
    return <Shell project={project} open={open} running={running}><Empty page title={`${project} has no runs yet.`}><LogARun project={project} /></Empty></Shell>;
  }
  return (
    <Shell project={project} open={open} running={running}>
      <div className="workspace">
        <aside className="side" aria-label="Runs">
          <h1 className="hidden">{project}: charts</h1>
          <div className="side-bar">
            <FilterInput value={view.filter ?? ''} names={table.names} error={table.wrong} onChange={(filter) => change({ filter: filter || undefined })} />
            <GroupPicker table={table} />
            <ColumnPicker columns={table.columns} fields={table.fields} onChange={table.setColumns} />
          </div>
          {active.error && !table.wrong && rows.length === 0 ? (
            <Failure what="The runs could not be read." error={active.error} retry={() => void active.refetch()} />
          ) : !active.data ? <Skeleton height={280} /> : nothing ? (
            <Empty title="No run fits the filter." />
          ) : (
            <RunsGrid
              items={table.items}
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
              onShow={table.toggleShown}
              onSelect={setSelected}
              onToggleGroup={table.toggleGroup}
              onOpen={onOpen}
              onReach={table.onReach}
            />
          )}
          <p className="runs-foot">
            {table.count === undefined ? formatCount(rows.length) : plural(table.count, 'run')} · {table.shown.size} on the charts
            {view.runs && <button type="button" className="link" onClick={() => change({ runs: undefined })}>show the first ones</button>}
            {selected.size > 0 && <button type="button" className="link" onClick={() => { change({ runs: [...selected].join(',') }); setSelected(new Set()); }}>show the {selected.size} selected</button>}
          </p>
        </aside>
        <WorkspaceCharts project={project} table={table} />
      </div>
    </Shell>
  );
}
