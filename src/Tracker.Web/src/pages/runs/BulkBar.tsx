import { useNavigate } from '@tanstack/react-router';
import { useRunActions } from '../../api/runActions';
import { Popover } from '../../components/Popover';
import { Sure } from '../../components/Sure';
import { TagForm, tagsOf } from '../../components/runs/TagForm';
import type { Row } from '../../lib/fields';
import { plural } from '../../lib/numbers';
import type { useRunsTable } from './useRunsTable';

interface Props {
  project: string;
  rows: readonly Row[];
  table: ReturnType<typeof useRunsTable>;
  onDone: () => void;
}

/** What can be done with the runs that are selected. */
export function BulkBar({ project, rows, table: { view, change, names }, onDone }: Props) {
  const actions = useRunActions(project);
  const navigate = useNavigate();
  const ids = rows.map((row) => row.id);
  const running = rows.filter((row) => row.state === 'running' && !row.stop);
  const all = [actions.tag, actions.remove, actions.restore, actions.stop];
  const busy = all.some((action) => action.isPending);
  const failure = all.map((action) => action.error).find(Boolean);
  return (
    <div className="bulk" role="toolbar" aria-label="Selected runs">
      <b>{plural(rows.length, 'run')} selected</b>
      {view.trash ? (
        <>
          <button type="button" disabled={busy} onClick={() => actions.restore.mutate(ids, { onSuccess: onDone })}>Restore</button>
          <Sure label="Delete for good" busy={busy} onSure={() => actions.remove.mutate({ runs: ids, permanently: true }, { onSuccess: onDone })} />
        </>
      ) : (
        <>
          <button type="button" onClick={() => void navigate({ to: '/projects/$project/charts', params: { project }, search: { ...view, runs: ids.join(',') } })}>Charts</button>
          <button type="button" disabled={rows.length < 2} onClick={() => void navigate({ to: '/projects/$project/compare', params: { project }, search: { ...view, runs: ids.join(',') } })}>Compare</button>
          <button type="button" onClick={() => change({ runs: ids.join(',') })}>Show only these</button>
          <Popover label="Tag" className="">
            {(close) => <TagForm present={tagsOf(rows)} known={names.tags} onApply={(add, drop) => { actions.tag.mutate({ runs: rows, add, drop }); close(); }} />}
          </Popover>
          {running.length > 0 && <Sure label={`Stop ${running.length}`} busy={busy} onSure={() => actions.stop.mutate(running.map((row) => row.id))} />}
          <Sure label="Move to the trash" busy={busy} onSure={() => actions.remove.mutate({ runs: ids }, { onSuccess: onDone })} />
        </>
      )}
      <button type="button" className="quiet" onClick={onDone}>Clear</button>
      {busy && <span role="status">Working…</span>}
      {failure && <span role="alert">{failure.message}</span>}
    </div>
  );
}
