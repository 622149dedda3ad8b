import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { call, segment } from '../../api/client';
import { keys, projectsQuery } from '../../api/queries';
import { refreshRuns, useRunActions } from '../../api/runActions';
import { countQuery, readRows } from '../../api/rows';
import { Shell } from '../../components/Shell';
import { Sure } from '../../components/Sure';
import { Empty, Skeleton } from '../../components/states';
import { fieldsFor } from '../../lib/columns';
import { formatBytes, formatCount, plural } from '../../lib/numbers';
import { formatAgo, formatDuration } from '../../lib/times';
import { useCounts } from '../useProject';
import { RetentionForm } from './RetentionForm';
import { QuotaForm } from './QuotaForm';
import { RolesPanel } from './RolesPanel';
import { ThresholdsPanel } from './ThresholdsPanel';

const route = getRouteApi('/projects/$project/settings');

/** What holds for a project: how long its runs are kept, how much it may take, what is in its trash. */
export function SettingsPage() {
  const { project } = route.useParams();
  const { open, running } = useCounts(project);
  const projects = useQuery(projectsQuery);
  const info = projects.data?.items.find((item) => item.name === project);
  useEffect(() => {
    document.title = `${project}: settings · Tracker`;
  }, [project]);
  if (projects.data && !info) return <Shell><Empty page title={`There is no project ${project}.`}><Link to="/" search={{}}>All projects</Link></Empty></Shell>;
  return (
    <Shell project={project} open={open} running={running}>
      <div className="page narrow settings">
        <h1>Settings of {project}</h1>
        {!info ? <Skeleton height={400} /> : (
          <>
            <section className="panel" aria-labelledby="size">
              <h2 id="size" className="section-name">Size</h2>
              <dl className="facts">
                <div><dt>Runs</dt><dd>{formatCount(info.runs)}, {formatCount(info.running)} running</dd></div>
                <div><dt>Stored</dt><dd>{formatBytes(info.bytes)}{info.quotaBytes !== null && ` of ${formatBytes(info.quotaBytes)}`} <span className="cell-none">values without indexes, the trash included; about a minute old</span></dd></div>
              </dl>
              {info.quotaBytes !== null && <meter className="meter" min={0} max={info.quotaBytes} high={info.quotaBytes * 0.9} value={info.bytes} aria-label="Share of the quota" />}
              <QuotaForm project={project} quota={info.quotaBytes} />
            </section>
            <section className="panel" aria-labelledby="retention">
              <h2 id="retention" className="section-name">Retention</h2>
              <RetentionForm project={project} />
            </section>
            <ThresholdsPanel project={project} />
            <RolesPanel project={project} />
            <Trash project={project} />
            <DeleteProject project={project} runs={info.runs} />
          </>
        )}
      </div>
    </Shell>
  );
}

/** The newest of what was deleted; the whole trash is the runs table's. */
function Trash({ project }: { project: string }) {
  const count = useQuery(countQuery(project, undefined, true));
  const request = { fields: fieldsFor([], [], true), deleted: true };
  const trash = useQuery({ queryKey: [...keys.allRows(project), request], queryFn: ({ signal }) => readRows(project, request, 10, signal) });
  const actions = useRunActions(project);
  const rows = trash.data ?? [];
  return (
    <section className="panel" aria-labelledby="trash">
      <h2 id="trash" className="section-name">Trash <span>{count.data === undefined ? '' : plural(count.data, 'run')}</span></h2>
      {rows.length === 0 ? <p className="cell-none">Empty. A deleted run stays here for 7 days and can be brought back.</p> : (
        <>
          <ul className="trash">
            {rows.slice(0, 10).map((row) => (
              <li key={row.id}>
                <span className="legend-name">{row.name}</span>
                <span className="cell-none">deleted {formatAgo(Date.parse(row.deletedAt ?? ''), Date.now())}, gone in {formatDuration((Date.parse(row.purgeAt ?? '') - Date.now()) / 1000)}</span>
                <button type="button" className="quiet" disabled={actions.restore.isPending} onClick={() => actions.restore.mutate([row.id])}>Restore</button>
              </li>
            ))}
          </ul>
          <Link className="link" to="/projects/$project" params={{ project }} search={{ trash: true }}>The whole trash</Link>
        </>
      )}
      {actions.restore.error && <p role="alert">{actions.restore.error.message}</p>}
    </section>
  );
}

function DeleteProject({ project, runs }: { project: string; runs: number }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => call<void>(`/projects/${segment(project)}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await navigate({ to: '/', search: {} });
      await refreshRuns(client, project);
    },
  });
  return (
    <section className="panel" aria-labelledby="delete">
      <h2 id="delete" className="section-name">Delete the project</h2>
      <p>Moves it with its {plural(runs, 'run')} to the trash. For 7 days it can be brought back: <code>POST /api/v1/projects/{project}/restore</code>.</p>
      <p className="form-foot"><Sure label="Delete the project" busy={remove.isPending} onSure={() => remove.mutate()} /></p>
      {remove.error && <p role="alert">{remove.error.message}</p>}
    </section>
  );
}
