import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';
import { applyRunSnapshot, beginRun, catchUp, endRun, patchDiagnosis, patchPoints, patchRun, type PointsMessage } from './cache';
import type { Row } from '../lib/fields';
import { keys, type DataRequest } from './queries';
import { rowOf } from './rowCache';
import type { ChartData, Diagnosis, Page, Run, RunSnapshot } from './types';

const request: DataRequest = { names: ['loss'], points: 100, x: 'step', smoothing: 0 };
const chart = (sequence: number, x: number[]): ChartData => ({ sequence, series: [{ name: 'loss', total: x.length, x, y: x, nonFinite: [] }] });
const message = (sequence: number, steps: number[]): PointsMessage => ({ run: 'r', after: sequence - 1, sequence, late: false, events: false, series: [{ name: 'loss', steps, times: steps, values: steps }] });
const run = (changes: Partial<Run> = {}): Run => ({
  id: 'r', project: 'p', name: 'r', state: 'running', config: {}, tags: [], group: null, jobType: null, notes: null, reference: null, exitCode: null,
  createdAt: '2026-01-01T00:00:00Z', finishedAt: null, lastStep: 1, sequence: 1, projectSequence: 1, url: '', stop: null, metrics: {}, diagnoses: [], ...changes,
});
const diagnosis = (changes: Partial<Diagnosis> = {}): Diagnosis => ({
  id: 'd', run: 'r', runName: 'r', project: 'p', state: 'open', severity: 'crit', title: 'NaN', symptom: '', cause: 'unknown', causes: [], prescriptions: [], check: null, next: '',
  step: 1, onsetStep: 1, resolution: null, raisedAt: '', updatedAt: '', projectSequence: 1, verdict: null, signals: [], ...changes,
});

afterEach(() => {
  endRun('r');
  vi.useRealTimers();
});

/** A chart that is on the screen: its query has an observer. */
function shown(client: QueryClient, data: ChartData, read = () => Promise.resolve(data)) {
  const queryKey = [...keys.data('r'), request];
  client.setQueryData(queryKey, data);
  new QueryObserver(client, { queryKey, queryFn: read, staleTime: Infinity, structuralSharing: false }).subscribe(() => undefined);
  return () => client.getQueryData<ChartData>(queryKey)!;
}

test('Live points are appended to the charts that are shown', () => {
  const client = new QueryClient();
  const data = shown(client, chart(1, [0, 1]));
  patchPoints(client, 'r', [message(2, [2]), message(3, [3])]);
  expect(data()).toMatchObject({ sequence: 3, series: [{ x: [0, 1, 2, 3] }] });
  client.clear();
});

test('A gap between a chart and the pushes is read again, not drawn over', () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const read = vi.fn(() => Promise.resolve(chart(9, [0, 1, 2])));
  const data = shown(client, chart(1, [0, 1]), read);
  patchPoints(client, 'r', [message(4, [4])]);
  expect(data().series[0]!.x).toEqual([0, 1]);
  vi.advanceTimersByTime(3000);
  expect(read).toHaveBeenCalledOnce();
  client.clear();
});

test('A push without a chart’s series leaves its curves the same object', () => {
  const client = new QueryClient();
  const data = shown(client, chart(1, [0, 1]));
  const before = data().series;
  patchPoints(client, 'r', [{ ...message(2, [2]), series: [] }]);
  expect(data().sequence).toBe(2);
  expect(data().series).toBe(before);
  client.clear();
});

test('What a read already had is not taken twice', () => {
  const client = new QueryClient();
  const data = shown(client, chart(5, [0, 1]));
  patchPoints(client, 'r', [message(4, [9])]);
  expect(data().series[0]!.x).toEqual([0, 1]);
  client.clear();
});

test('Points that came while a read was under way are not lost', async () => {
  const client = new QueryClient();
  beginRun('r', 1);
  const read = catchUp('r', request, async () => {
    patchPoints(client, 'r', [message(2, [2]), message(3, [3])]);
    return chart(2, [0, 1, 2]);
  });
  expect((await read).series[0]!.x).toEqual([0, 1, 2, 3]);
  client.clear();
});

test('A chart read before the watch began is read again', () => {
  const client = new QueryClient();
  const read = vi.fn(() => Promise.resolve(chart(4, [0, 1, 2, 3])));
  shown(client, chart(1, [0]), read);
  applyRunSnapshot(client, { sequence: 4, run: run(), diagnoses: [], reset: false }, 3);
  expect(read).toHaveBeenCalledOnce();
  client.clear();
});

test('A chart that the pushes can continue is not read again', () => {
  const client = new QueryClient();
  const read = vi.fn(() => Promise.resolve(chart(4, [0])));
  shown(client, chart(3, [0]), read);
  const snapshot: RunSnapshot = { sequence: 4, run: run(), diagnoses: [], reset: false };
  applyRunSnapshot(client, snapshot, 3);
  expect(read).not.toHaveBeenCalled();
  applyRunSnapshot(client, { ...snapshot, reset: true }, 3);
  expect(read).toHaveBeenCalledOnce();
  client.clear();
});

test('A late point makes the chart be read again, once', () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const read = vi.fn(() => Promise.resolve(chart(9, [0, 1, 2])));
  shown(client, chart(1, [0, 1, 2]), read);
  patchPoints(client, 'r', [message(2, [1])]);
  patchPoints(client, 'r', [message(3, [1])]);
  vi.advanceTimersByTime(3000);
  expect(read).toHaveBeenCalledOnce();
  client.clear();
});

test('A new run is put first in its project’s table, and a later state of it in its place', () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const queryKey = [...keys.rows('tables'), { fields: 'name' }];
  client.setQueryData(queryKey, { pages: [{ items: [rowOf(run({ id: 'old', project: 'tables' }))], nextCursor: null }], pageParams: [undefined] });
  patchRun(client, run({ project: 'tables' }));
  patchRun(client, run({ project: 'tables', state: 'finished', sequence: 2, config: { optimizer: { lr: 0.1 } } }));
  patchRun(client, run({ project: 'tables', state: 'running', sequence: 1 }));
  vi.advanceTimersByTime(300);
  const items = client.getQueryData<{ pages: Page<Row>[] }>(queryKey)!.pages[0]!.items;
  expect(items.map((item) => [item.id, item.state])).toEqual([['r', 'finished'], ['old', 'running']]);
  expect(items[0]!.config).toEqual({ 'optimizer.lr': 0.1 });
  client.clear();
});

test('A deleted run leaves the tables and its page knows; brought back it stands where it was', () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const ids = () => client.getQueryData<{ pages: Page<Row>[] }>(queryKey)!.pages[0]!.items.map((item) => item.id);
  const queryKey = [...keys.rows('bin'), { fields: 'name' }];
  const of = (id: string, day: number, changes: Partial<Run> = {}) => run({ id, project: 'bin', createdAt: `2026-01-0${day}T00:00:00Z`, ...changes });
  const items = [of('c', 3), of('b', 2), of('a', 1)].map(rowOf);
  const read = vi.fn(() => Promise.resolve({ pages: [{ items, nextCursor: null }], pageParams: [undefined] }));
  client.setQueryData(queryKey, { pages: [{ items, nextCursor: null }], pageParams: [undefined] });
  new QueryObserver(client, { queryKey, queryFn: read, staleTime: Infinity, structuralSharing: false }).subscribe(() => undefined);
  patchRun(client, of('b', 2, { deletedAt: '2026-02-01T00:00:00Z', projectSequence: 5 }));
  vi.advanceTimersByTime(300);
  expect(ids()).toEqual(['c', 'a']);
  expect(client.getQueryData<Run>(keys.run('b'))!.deletedAt).toBeTruthy();
  patchRun(client, of('b', 2, { deletedAt: null, projectSequence: 6 }));
  vi.advanceTimersByTime(600);
  expect(read).toHaveBeenCalledOnce();
  client.clear();
});

test('An older state of a run or a diagnosis does not undo a newer one', () => {
  const client = new QueryClient();
  client.setQueryData(keys.run('r'), run({ state: 'finished', projectSequence: 7, sequence: 3 }));
  client.setQueryData(keys.diagnoses('r'), [diagnosis({ state: 'resolved', projectSequence: 7 })]);
  patchRun(client, run({ projectSequence: 6, sequence: 3 }));
  patchDiagnosis(client, diagnosis({ projectSequence: 6 }));
  expect(client.getQueryData<Run>(keys.run('r'))!.state).toBe('finished');
  expect(client.getQueryData<Diagnosis[]>(keys.diagnoses('r'))).toMatchObject([{ state: 'resolved' }]);
  client.clear();
});

test('A diagnosis reaches its run and goes from it when it is resolved', () => {
  const client = new QueryClient();
  client.setQueryData(keys.run('r'), run());
  client.setQueryData(keys.diagnoses('r'), []);
  patchDiagnosis(client, diagnosis());
  patchDiagnosis(client, diagnosis({ title: 'NaN again' }));
  expect(client.getQueryData<Run>(keys.run('r'))!.diagnoses).toHaveLength(1);
  expect(client.getQueryData<Diagnosis[]>(keys.diagnoses('r'))).toMatchObject([{ title: 'NaN again' }]);
  patchDiagnosis(client, diagnosis({ state: 'resolved' }));
  expect(client.getQueryData<Run>(keys.run('r'))!.diagnoses).toEqual([]);
  client.clear();
});
