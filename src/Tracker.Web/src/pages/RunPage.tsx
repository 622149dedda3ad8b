import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiError } from '../api/client';
import { useWatch } from '../api/hooks';
import { catalogueQuery, diagnosesQuery, runQuery } from '../api/queries';
import { DiagnosisPanel } from '../components/DiagnosisPanel';
import { Shell } from '../components/Shell';
import { Empty, Failure, Skeleton } from '../components/states';
import { useView } from '../components/view';
import { sectionsOf } from '../lib/sections';
import { RunHeader } from './run/RunHeader';
import { ChartsTab } from './run/ChartsTab';
import { HistogramsTab } from './run/HistogramsTab';
import { LogTab } from './run/LogTab';
import { OverviewTab } from './run/OverviewTab';
import { useProject } from './useProject';

const route = getRouteApi('/runs/$run');

const tabs = { overview: 'Overview', charts: 'Charts', histograms: 'Histograms', log: 'Log' };

/** A run: how it stands, what is wrong with it, and its curves. */
export function RunPage() {
  const { run: id } = route.useParams();
  useWatch('run', [id]);
  const { data: run, error, refetch } = useQuery(runQuery(id));
  const diagnoses = useQuery(diagnosesQuery(id));
  const catalogue = useQuery(catalogueQuery(id));
  const { open, running, colours } = useProject(run?.project);
  const [view, change] = useView();
  const tab = view.tab !== undefined && view.tab in tabs ? (view.tab as keyof typeof tabs) : 'charts';
  useEffect(() => {
    document.title = `${run?.name ?? id} · Tracker`;
  }, [run?.name, id]);

  if (error && !run) {
    return (
      <Shell>
        {error instanceof ApiError && error.status === 404
          ? <Empty page title={`There is no run ${id}.`}><p>It may have been deleted, or the link is not complete.</p></Empty>
          : <Failure what="The run could not be read." error={error} retry={() => void refetch()} />}
      </Shell>
    );
  }

  /** The evidence with as much again around it, and the chart that shows it. */
  const showEvidence = (series: string, from: number, to: number) => {
    const air = Math.max(5, (to - from) / 2);
    change({ tab: undefined, x: undefined, from: Math.max(0, from - air), to: to + air }, true);
    const chart = sectionsOf(catalogue.data?.items.filter((item) => item.kind === 'scalar').map((item) => item.name) ?? [])
      .flatMap((section) => section.charts)
      .find((spec) => spec.lines.some((line) => line.name === series));
    requestAnimationFrame(() => document.getElementById(`chart-${chart?.key}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' }));
  };

  return (
    <Shell project={run?.project} run={run} open={open} running={running}>
      <div className="page">
        {run ? <RunHeader run={run} colour={colours(id)} /> : <Skeleton height={40} />}
        {diagnoses.data && <DiagnosisPanel key={id} diagnoses={diagnoses.data} run={run} onEvidence={(_, ...range) => showEvidence(...range)} />}
        <div className="tabs" role="tablist" aria-label="Parts of the run">
          {Object.entries(tabs).map(([key, name]) => (
            <button key={key} type="button" role="tab" aria-selected={key === tab} onClick={() => change({ tab: key === 'charts' ? undefined : key }, true)}>{name}</button>
          ))}
        </div>
        <div role="tabpanel" aria-label={tabs[tab]}>
          {catalogue.error && !catalogue.data && <Failure what="The series could not be read." error={catalogue.error} retry={() => void catalogue.refetch()} />}
          {run && tab === 'overview' && <OverviewTab run={run} series={catalogue.data?.items ?? []} />}
          {run && catalogue.data && tab === 'charts' && <ChartsTab run={run} series={catalogue.data.items} diagnoses={diagnoses.data ?? []} />}
          {catalogue.data && tab === 'histograms' && <HistogramsTab run={id} series={catalogue.data.items} />}
          {tab === 'log' && <LogTab run={id} />}
        </div>
      </div>
    </Shell>
  );
}
