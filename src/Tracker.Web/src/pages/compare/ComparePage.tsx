import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { ApiError } from '../../api/client';
import { useWatch } from '../../api/hooks';
import { allRowsQuery, countQuery, fieldsQuery } from '../../api/rows';
import { useColours } from '../../components/colours';
import { FilterInput } from '../../components/FilterInput';
import { SavedViews } from '../../components/SavedViews';
import { Shell } from '../../components/Shell';
import { useShortcuts } from '../../components/shortcuts';
import { Empty, Failure, Skeleton } from '../../components/states';
import { listOf, useView } from '../../components/view';
import { flatConfig, metricField, type Row } from '../../lib/fields';
import { asFilter, type Names } from '../../lib/filter';
import { plural } from '../../lib/numbers';
import { accuracySeries, isHeadline } from '../../lib/sections';
import { useCounts } from '../useProject';
import { DifferencesPart } from './DifferencesPart';
import { ScatterPart } from './ScatterPart';
import { useNames } from './useNames';

const ParallelPart = lazy(() => import('./ParallelPart').then((module) => ({ default: module.ParallelPart })));
const ImportancePart = lazy(() => import('./ImportancePart').then((module) => ({ default: module.ImportancePart })));
const CurvesPart = lazy(() => import('./CurvesPart').then((module) => ({ default: module.CurvesPart })));

const route = getRouteApi('/projects/$project/compare');

export const mostCompared = 500;
const mostMetrics = 40;
const parts = { differences: 'Differences', scatter: 'Scatter', parallel: 'Parallel coordinates', importance: 'Importance', curves: 'Against a reference' };
type Part = keyof typeof parts;

/** What each part of the comparison is given. */
export interface Compared {
  project: string;
  rows: readonly Row[];
  /** Series whose values are at hand, the ones people ask for first. */
  metrics: readonly string[];
  colours: (run: string) => string;
  names: Names;
}

/** Runs side by side: what differs in their config, and what came of it. */
export function ComparePage() {
  const { project } = route.useParams();
  const [view, change] = useView();
  useWatch('project', [project]);
  const { open, running } = useCounts(project);
  useEffect(() => {
    document.title = `${project}: compare · Tracker`;
  }, [project]);
  useShortcuts({ '/': () => document.querySelector<HTMLInputElement>('.filter-input')?.focus() });

  const fields = useQuery(fieldsQuery(project));
  const metrics = useMemo(() => {
    const all = fields.data?.metrics.map(({ name }) => name) ?? [];
    const asked = [view.sx, view.sy, view.sc, view.target, ...(view.axes?.split(';') ?? [])].flatMap((field) => (field ? all.filter((name) => field.startsWith(metricField(name))) : []));
    return [...new Set([...asked, ...all.filter(isHeadline).slice(0, mostMetrics)])];
  }, [fields.data, view.sx, view.sy, view.sc, view.target, view.axes]);

  const chosen = listOf(view.runs);
  const explicit = chosen.length >= 2;
  const filter = explicit ? `id in (${chosen.slice(0, 256).map((id) => JSON.stringify(id)).join(', ')})` : asFilter(view.filter ?? '');
  const request = { filter, orderBy: view.order, fields: ['name,state,tags,group,createdAt,finishedAt,lastStep,diagnoses,sequence,projectSequence,stop,config', ...metrics.map((name) => metricField(name))].join(',') };
  const all = useQuery({ ...allRowsQuery(project, request, mostCompared), enabled: !fields.isPending });
  const count = useQuery({ ...countQuery(project, filter), enabled: !explicit });
  const rows = useMemo(() => (all.data ?? []).map((row) => ({ ...row, config: flatConfig(row.config) })), [all.data]);
  const colours = useColours(useMemo(() => rows.slice(0, 12).map((row) => row.id), [rows]));
  const names = useNames(fields.data, rows);
  const part: Part = view.part !== undefined && view.part in parts ? (view.part as Part) : 'differences';
  const compared: Compared = { project, rows, metrics, colours, names };
  const wrong = all.error instanceof ApiError && all.error.problem.position !== undefined ? { position: all.error.problem.position, message: `expected ${all.error.problem.expected ?? 'something else'}` } : undefined;

  return (
    <Shell project={project} open={open} running={running}>
      <div className="compare">
        <h1 className="hidden">{project}: compare</h1>
        <div className="runs-bar">
          {explicit ? (
            <p className="compare-which">
              {plural(rows.length, 'chosen run')} <button type="button" className="link" onClick={() => change({ runs: undefined })}>compare all that a filter finds</button>
            </p>
          ) : <FilterInput value={view.filter ?? ''} names={names} error={wrong} onChange={(text) => change({ filter: text || undefined })} />}
          <div className="tools">
            {!explicit && all.data && <span>{rows.length < (count.data ?? 0) ? `the first ${rows.length} of ${plural(count.data!, 'run')}` : plural(rows.length, 'run')}</span>}
            <SavedViews project={project} page="compare" />
          </div>
        </div>
        <div className="tabs" role="tablist" aria-label="Ways to compare">
          {Object.entries(parts).map(([key, name]) => (
            <button key={key} type="button" role="tab" aria-selected={key === part} onClick={() => change({ part: key === 'differences' ? undefined : key }, true)}>{name}</button>
          ))}
        </div>
        <div role="tabpanel" aria-label={parts[part]} className="compare-part">
          {all.error && !wrong && rows.length === 0 ? <Failure what="The runs could not be read." error={all.error} retry={() => void all.refetch()} />
            : !all.data ? <Skeleton height={420} />
            : rows.length < 2 ? <Empty title="There are no two runs to compare."><p>{view.filter ? 'The filter finds fewer than two.' : 'Log a second one, or choose others.'}</p></Empty>
            : (
              <Suspense fallback={<Skeleton height={420} />}>
                {part === 'differences' && <DifferencesPart {...compared} />}
                {part === 'scatter' && <ScatterPart {...compared} />}
                {part === 'parallel' && <ParallelPart {...compared} />}
                {part === 'importance' && <ImportancePart {...compared} />}
                {part === 'curves' && <CurvesPart {...compared} />}
              </Suspense>
            )}
        </div>
      </div>
    </Shell>
  );
}

/** The number that runs are judged by unless one is chosen: validation accuracy, else validation loss, else loss. */
export function usualTarget(metrics: readonly string[]): string | undefined {
  const loss = ['val/loss', 'eval/loss', 'val_loss', 'train/loss', 'loss'].find((name) => metrics.includes(name));
  const series = loss ?? accuracySeries(metrics) ?? metrics[0];
  return series === undefined ? undefined : metricField(series);
}
