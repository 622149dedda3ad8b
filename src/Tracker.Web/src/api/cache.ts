// The one place where live messages change what the pages show: every push becomes a patch of TanStack Query's cache.
import type { QueryClient } from '@tanstack/react-query';
import { appendPoints, type LivePoints, type SeriesData } from '../lib/points';
import { keys, type DataRequest } from './queries';
import { isNewer, patchRowDiagnoses, queueRow } from './rowCache';
import { soon } from './soon';
import type { Catalogue, ChartData, Diagnosis, OpenDiagnosis, ProjectSnapshot, Run, RunSnapshot } from './types';

export interface PointsMessage {
  run: string;
  /** Where the message before it ended. */
  after: number;
  sequence: number;
  series: LivePoints[];
  /** Some points belong among those already drawn. */
  late: boolean;
  /** The batches held events, too; they are read over REST. */
  events: boolean;
}

/** Messages kept per run, so that a read that was under way while they came can take them in. */
const maxKept = 400;
const kept = new Map<string, { after: number; messages: PointsMessage[] }>();

/** Tells that pushes after this sequence will come: what is read from now on can be continued without a gap. */
export function beginRun(run: string, after: number): void {
  kept.set(run, { after, messages: [] });
}

export const endRun = (run: string): boolean => kept.delete(run);

/** Reads a chart's data and applies the pushes that overtook the read. */
export async function catchUp(run: string, request: DataRequest, read: () => Promise<ChartData>): Promise<ChartData> {
  let data = await read();
  const log = kept.get(run);
  if (log && data.sequence < log.after) data = await read();
  return (kept.get(run)?.messages ?? []).reduce((result, message) => applyPoints(request, result, message).data, data);
}

function applyPoints(request: DataRequest, data: ChartData, message: PointsMessage): { data: ChartData; reread: boolean } {
  if (message.sequence <= data.sequence) return { data, reread: false };
  // A gap: what lies in it is only in a new read.
  if (message.after > data.sequence) return { data, reread: true };
  const { x } = request;
  const touched = message.series.some((points) => request.names.includes(points.name));
  if (!touched) return { data: { ...data, sequence: message.sequence }, reread: false };
  // Relative time counts from the run's first point, another series' values lie with it: only the server knows these.
  const fixed = data.series.some((item) => item.smoothed && !item.smoothState);
  if (fixed || (x !== 'step' && x !== 'time')) return { data: { ...data, sequence: message.sequence }, reread: true };
  let reread = message.late;
  const old = new Map(data.series.map((series) => [series.name, series]));
  const series = request.names.flatMap((name): SeriesData[] => {
    const known = old.get(name);
    const points = message.series.filter((candidate) => candidate.name === name);
    if (points.length === 0) return known ? [known] : [];
    if (!known) {
      reread = true;
      return [];
    }
    return [points.reduce((result, next) => {
      const appended = appendPoints(result, next, x as 'step' | 'time', request.to);
      reread ||= appended.behind > 0;
      return appended.series;
    }, known)];
  });
  // What grows past twice what a read gives is reduced again by the server.
  reread ||= series.some((item) => item.x.length > request.points * 8);
  return { data: { sequence: message.sequence, series }, reread };
}

/** Points of one run, all that came since the last frame. */
export function patchPoints(client: QueryClient, run: string, messages: PointsMessage[]): void {
  const log = kept.get(run);
  if (log) {
    log.messages.push(...messages);
    while (log.messages.length > maxKept) log.after = log.messages.shift()!.sequence;
  }
  for (const query of client.getQueryCache().findAll({ queryKey: keys.data(run) })) {
    if (query.state.data === undefined) continue;
    if (!query.isActive()) {
      query.invalidate();
      continue;
    }
    const request = query.queryKey[3] as DataRequest;
    let data = query.state.data as ChartData;
    let reread = false;
    for (const message of messages) {
      const result = applyPoints(request, data, message);
      data = result.data;
      reread ||= result.reread;
    }
    if (data !== query.state.data) client.setQueryData(query.queryKey, data);
    if (reread) soon(`data ${query.queryHash}`, 2000, () => client.invalidateQueries({ queryKey: query.queryKey, exact: true }));
  }
  patchCatalogue(client, run, messages);
}

function patchCatalogue(client: QueryClient, run: string, messages: PointsMessage[]): void {
  const catalogue = client.getQueryData<Catalogue>(keys.catalogue(run));
  if (!catalogue) return;
  const known = new Set(catalogue.items.map((item) => item.name));
  const isNew = messages.some((message) => message.series.some((points) => !known.has(points.name)));
  // A new series is shown at once; counts and extremes follow at leisure.
  soon(`series ${run} ${isNew}`, isNew ? 300 : 10_000, () => client.invalidateQueries({ queryKey: keys.catalogue(run) }));
  if (messages.some((message) => message.events)) soon(`events ${run}`, 500, () => client.invalidateQueries({ queryKey: keys.events(run) }));
}

export function patchHistograms(client: QueryClient, run: string, names: string[]): void {
  const known = new Set(client.getQueryData<Catalogue>(keys.catalogue(run))?.items.map((item) => item.name));
  if (names.some((name) => !known.has(name))) soon(`series ${run} true`, 300, () => client.invalidateQueries({ queryKey: keys.catalogue(run) }));
  for (const name of names) {
    soon(`histogram ${run} ${name}`, 1000, () => client.invalidateQueries({ queryKey: [...keys.histograms(run), name] }));
  }
}

export function patchRun(client: QueryClient, run: Run): void {
  rereadIfReading(client, keys.run(run.id));
  client.setQueryData<Run>(keys.run(run.id), (old) => newer(old, run));
  queueRow(client, run);
  if (run.deletedAt) {
    for (const key of [keys.projectDiagnoses(run.project), ['inbox']]) soon(`gone ${key.join(' ')}`, 500, () => client.invalidateQueries({ queryKey: key }));
  }
  // All projects are counted for this: not for every point of every run in every browser.
  soon('projects', 10_000, () => client.invalidateQueries({ queryKey: keys.projects }));
  soon(`sparkline ${run.id}`, 10_000, () => client.invalidateQueries({ queryKey: keys.sparkline(run.id) }));
}

const newer = (old: Run | undefined, run: Run): Run => (old && !isNewer(run, old) ? old : run);

export function patchDiagnosis(client: QueryClient, diagnosis: Diagnosis): void {
  rereadIfReading(client, keys.diagnoses(diagnosis.run));
  rereadIfReading(client, keys.projectDiagnoses(diagnosis.project));
  const lists = [keys.diagnoses(diagnosis.run), keys.projectDiagnoses(diagnosis.project)].map((key) => client.getQueryData<Diagnosis[]>(key));
  if (lists.some((list) => list?.some((item) => item.id === diagnosis.id && item.projectSequence > diagnosis.projectSequence))) return;
  const merge = (old: Diagnosis[] | undefined): Diagnosis[] | undefined =>
    old && [...old.filter((item) => item.id !== diagnosis.id), diagnosis];
  client.setQueryData<Diagnosis[]>(keys.diagnoses(diagnosis.run), merge);
  client.setQueryData<Diagnosis[]>(keys.projectDiagnoses(diagnosis.project), merge);

  const open = (list: OpenDiagnosis[]): OpenDiagnosis[] => {
    const others = list.filter((item) => item.id !== diagnosis.id);
    return diagnosis.state === 'open' && diagnosis.verdict !== 'wrong' && diagnosis.verdict !== 'muted' ? [...others, diagnosis] : others;
  };
  client.setQueryData<Run>(keys.run(diagnosis.run), (old) => old && { ...old, diagnoses: open(old.diagnoses) });
  patchRowDiagnoses(client, diagnosis, open);
  soon('projects, diagnosed', 1000, () => client.invalidateQueries({ queryKey: keys.projects }));
  soon('inbox', 500, () => client.invalidateQueries({ queryKey: ['inbox'] }));
}

/** What the hub answers to a watch that goes on after a sequence: charts read before it are read again, all of them when the gap was too large. */
export function applyRunSnapshot(client: QueryClient, snapshot: RunSnapshot, after: number): void {
  const run = snapshot.run.id;
  patchRun(client, snapshot.run);
  snapshot.diagnoses.forEach((diagnosis) => patchDiagnosis(client, diagnosis));
  if (snapshot.reset) return resetRun(client, run, snapshot.sequence);
  void client.invalidateQueries({ queryKey: keys.data(run), predicate: ({ state }) => ((state.data as ChartData | undefined)?.sequence ?? after) < after });
}

export function applyProjectSnapshot(client: QueryClient, project: string, snapshot: ProjectSnapshot, again: boolean): void {
  [...snapshot.runs].reverse().forEach((run) => patchRun(client, run));
  snapshot.diagnoses.forEach((diagnosis) => patchDiagnosis(client, diagnosis));
  // What was resolved while nobody listened is not among the open ones.
  if (again) void client.invalidateQueries({ queryKey: keys.projectDiagnoses(project) });
}

/** The pushes have a gap: everything of the run that has points is read again. */
export function resetRun(client: QueryClient, run: string, after: number): void {
  beginRun(run, after);
  for (const key of [keys.data(run), keys.catalogue(run), keys.histograms(run), keys.events(run)]) void client.invalidateQueries({ queryKey: key });
}

/** A read that is under way may be older than the push that came meanwhile: it is made again once it has ended. */
function rereadIfReading(client: QueryClient, queryKey: readonly string[]): void {
  if (client.getQueryState(queryKey)?.fetchStatus !== 'fetching') return;
  soon(`again ${queryKey.join(' ')}`, 300, () => {
    const state = client.getQueryState(queryKey);
    if (state?.fetchStatus === 'fetching' && state.data === undefined) rereadIfReading(client, queryKey);
    else void client.invalidateQueries({ queryKey, exact: true });
  });
}
