import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Diagnosis } from '../api/types';
import { DiagnosisPanel } from '../components/DiagnosisPanel';
import { Shell } from '../components/Shell';
import { Empty, Failure, Skeleton } from '../components/states';
import { useView } from '../components/view';
import { bySeverity } from '../lib/health';
import { useProject } from './useProject';

const route = getRouteApi('/projects/$project/diagnoses');

/** The diagnoses of a project, by run, the worst first. */
export function InboxPage() {
  const { project } = route.useParams();
  const navigate = useNavigate();
  const [view, change] = useView();
  const { diagnoses, list, colours, open, running } = useProject(project);
  useEffect(() => {
    document.title = `Diagnoses · ${project} · Tracker`;
  }, [project]);

  const all = view.state === 'all';
  const seen = diagnoses.data?.filter((diagnosis) => all || (diagnosis.state === 'open' && diagnosis.severity !== 'info')) ?? [];
  const groups = [...Map.groupBy(seen, (diagnosis) => diagnosis.run)].sort(([, a], [, b]) => compare(a, b));

  return (
    <Shell project={project} open={open} running={running}>
      <div className="page narrow">
        <div className="page-head">
          <h1>Diagnoses</h1>
          <div className="segmented" role="group" aria-label="Which">
            <button type="button" aria-pressed={!all} onClick={() => change({ state: undefined })}>Open</button>
            <button type="button" aria-pressed={all} onClick={() => change({ state: 'all' })}>All</button>
          </div>
        </div>
        {diagnoses.error && !diagnoses.data && <Failure what="The diagnoses could not be read." error={diagnoses.error} retry={() => void diagnoses.refetch()} />}
        {diagnoses.isPending && <Skeleton height={160} />}
        {diagnoses.data && groups.length === 0 && <Empty title="Nothing is wrong that the logged series can tell."><p>A diagnosis appears here the moment it is raised.</p></Empty>}
        {groups.map(([run, found]) => (
          <div key={run} className="inbox-run">
            <h2>
              <i style={{ background: colours(run) }} aria-hidden="true" />
              <Link to="/runs/$run" params={{ run }}>{found[0]!.runName}</Link>
            </h2>
            <DiagnosisPanel
              diagnoses={found}
              run={list.find((item) => item.id === run)}
              onEvidence={(_, series, from, to) =>
                void navigate({ to: '/runs/$run', params: { run }, search: { from, to: Math.max(to, from + 1) }, hash: `series-${series}` })}
            />
          </div>
        ))}
      </div>
    </Shell>
  );
}

const compare = (a: Diagnosis[], b: Diagnosis[]): number => bySeverity([...a].sort(bySeverity)[0]!, [...b].sort(bySeverity)[0]!);
