import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, type KeyboardEvent } from 'react';
import { ApiError } from '../api/client';
import { eventsOfKindQuery } from '../api/diagnostics';
import { useWatch } from '../api/hooks';
import { catalogueQuery, diagnosesQuery, runQuery } from '../api/queries';
import { useRunActions } from '../api/runActions';
import type { Run } from '../api/types';
import { Annotations } from '../charts/annotations';
import { DiagnosisPanel } from '../components/DiagnosisPanel';
import { Shell } from '../components/Shell';
import { Empty, Failure, Skeleton } from '../components/states';
import { readView, useView, type View } from '../components/view';
import { annotationsOf } from '../lib/annotations';
import { ChartsTab } from './run/ChartsTab';
import { RunHeader } from './run/RunHeader';
import { useProject } from './useProject';

const route = getRouteApi('/runs/$run');

// What a page opens with is in its script; the other parts come when they are asked for.
const OverviewTab = lazy(async () => ({ default: (await import('./run/OverviewTab')).OverviewTab }));
const ExaminationTab = lazy(async () => ({ default: (await import('./run/ExaminationTab')).ExaminationTab }));
const HistogramsTab = lazy(async () => ({ default: (await import('./run/HistogramsTab')).HistogramsTab }));
const SystemTab = lazy(async () => ({ default: (await import('./run/SystemTab')).SystemTab }));
const LogTab = lazy(async () => ({ default: (await import('./run/LogTab')).LogTab }));

const tabs = { overview: 'Overview', charts: 'Charts', examination: 'Examination', histograms: 'Histograms', system: 'System', log: 'Log' };
type Tab = keyof typeof tabs;

/** A run: how it stands, what is wrong with it, and its curves. */
export function RunPage() {
  const { run: id } = route.useParams();
  const navigate = useNavigate();
  useWatch('run', [id]);
  const { data: run, error, refetch } = useQuery(runQuery(id));
  const diagnoses = useQuery(diagnosesQuery(id));
  const catalogue = useQuery(catalogueQuery(id));
  const resumes = useQuery(eventsOfKindQuery(id, 'resume'));
  const { open, running, colours } = useProject(run?.project);
  const [view, change] = useView();
  const tab: Tab = view.tab !== undefined && view.tab in tabs ? (view.tab as Tab) : 'charts';
  const annotations = useMemo(() => annotationsOf(diagnoses.data ?? [], resumes.data ?? []), [diagnoses.data, resumes.data]);
  useEffect(() => {
    document.title = `${run?.name ?? id} · Tracker`;
  }, [run?.name, id]);

  if (error && !run) {
    return (
      <Shell>
        {error instanceof ApiError && error.status === 404
          ? <Empty page title={`There is no run ${id}.`}><p>It may have been deleted, or the link is not complete. What was deleted in the last 7 days lies in the trash of its project and can be restored there.</p></Empty>
          : <Failure what="The run could not be read." error={error} retry={() => void refetch()} />}
      </Shell>
    );
  }

  /** The chart of the series, with as much again of its steps around the evidence. */
  const showEvidence = (series: string, from: number, to: number) => {
    const air = Math.max(5, (to - from) / 2);
    void navigate({
      to: '.',
      search: (old: View) => readView({ ...old, tab: undefined, x: undefined, charts: undefined, folded: undefined, from: Math.max(0, Math.floor(from - air)), to: Math.ceil(to + air) }),
      hash: `series-${series}`,
      resetScroll: false,
    });
  };

  return (
    <Shell project={run?.project} run={run} open={open} running={running}>
      <div className="page">
        {run ? <RunHeader run={run} colour={colours(id)} /> : <Skeleton height={40} />}
        {run?.deletedAt && <Gone run={run} />}
        {diagnoses.data && <DiagnosisPanel key={id} diagnoses={diagnoses.data} run={run} onEvidence={(_, ...range) => showEvidence(...range)} />}
        <Tabs tab={tab} onChoose={(key) => change({ tab: key === 'charts' ? undefined : key }, true)} />
        <div role="tabpanel" aria-label={tabs[tab]}>
          {catalogue.error && !catalogue.data && <Failure what="The series could not be read." error={catalogue.error} retry={() => void catalogue.refetch()} />}
          <Suspense fallback={<Skeleton height={240} />}>
            <Annotations value={annotations}>
              {run && tab === 'overview' && <OverviewTab run={run} series={catalogue.data?.items ?? []} />}
              {run && catalogue.data && tab === 'charts' && <ChartsTab run={run} series={catalogue.data.items} diagnoses={diagnoses.data ?? []} />}
              {run && catalogue.data && diagnoses.data && tab === 'examination' && <ExaminationTab run={run} series={catalogue.data.items} diagnoses={diagnoses.data} />}
              {run && catalogue.data && tab === 'histograms' && <HistogramsTab run={run} series={catalogue.data.items} />}
              {run && catalogue.data && tab === 'system' && <SystemTab run={run} series={catalogue.data.items} />}
              {tab === 'log' && <LogTab run={id} />}
            </Annotations>
          </Suspense>
        </div>
      </div>
    </Shell>
  );
}

/** Somebody deleted the run while its page was open. */
function Gone({ run }: { run: Run }) {
  const { restore } = useRunActions(run.project);
  return (
    <div className="gone" role="status">
      <b>This run was moved to the trash.</b> What you see is what was read before; nothing more is taken from its training.
      <button type="button" disabled={restore.isPending} onClick={() => restore.mutate([run.id])}>Restore</button>
      {restore.error && <span role="alert">{restore.error.message}</span>}
    </div>
  );
}

/** The parts of the page; arrows go from one to the next. */
function Tabs({ tab, onChoose }: { tab: Tab; onChoose: (tab: Tab) => void }) {
  const list = Object.keys(tabs) as Tab[];
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const way = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const next = (list.indexOf(tab) + way + list.length) % list.length;
    onChoose(list[next]!);
    (event.currentTarget.children[next] as HTMLElement).focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Parts of the run" onKeyDown={onKeyDown}>
      {list.map((key) => (
        <button key={key} type="button" role="tab" aria-selected={key === tab} tabIndex={key === tab ? 0 : -1} onClick={() => onChoose(key)}>{tabs[key]}</button>
      ))}
    </div>
  );
}
