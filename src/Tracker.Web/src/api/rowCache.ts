// Live changes of runs in the tables that show them. Gathered, because a project may have a hundred live runs and a table ten thousand rows.
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { flatConfig, type Row } from '../lib/fields';
import { keys } from './queries';
import type { RowsRequest } from './rows';
import { soon } from './soon';
import type { Diagnosis, OpenDiagnosis, Page, Run } from './types';

const cadence = 200;
/** A table in an order of its own is read again so long after its values changed, in milliseconds. */
const reorder = 3000;

const waiting = new Map<string, Map<string, Run>>();

/** A run as a table holds it. */
export const rowOf = ({ config, ...run }: Run): Row => ({ ...run, config: flatConfig(config) });

/** Takes a run into the tables of its project, within a fifth of a second. */
export function queueRow(client: QueryClient, run: Run): void {
  const runs = waiting.get(run.project) ?? new Map<string, Run>();
  const old = runs.get(run.id);
  if (old && !isNewer(run, old)) return;
  waiting.set(run.project, runs.set(run.id, run));
  soon(`rows ${run.project}`, cadence, () => {
    waiting.delete(run.project);
    patchRows(client, run.project, runs);
  });
}

/** The later of two states of a run: its changes are numbered by the project, its points by the run. */
export const isNewer = (run: Ordered, old: Ordered): boolean =>
  run.projectSequence > old.projectSequence || (run.projectSequence === old.projectSequence && run.sequence >= old.sequence);

type Ordered = Pick<Run, 'projectSequence' | 'sequence'>;

export function patchRows(client: QueryClient, project: string, runs: ReadonlyMap<string, Run>): void {
  const gone = new Set([...runs.values()].filter((run) => run.deletedAt).map((run) => run.id));
  const rows = new Map([...runs].filter(([id]) => !gone.has(id)).map(([id, run]) => [id, rowOf(run)]));
  const merged = (row: Row): Row => {
    const change = rows.get(row.id);
    return change && isNewer(change, row) ? { ...row, ...change } : row;
  };
  for (const query of client.getQueryCache().findAll({ queryKey: keys.rows(project) })) {
    const data = query.state.data as InfiniteData<Page<Row>> | undefined;
    if (!data) continue;
    const request = query.queryKey[3] as RowsRequest;
    const again = (delay: number) => query.isActive() && soon(`reorder ${query.queryHash}`, delay, () => client.invalidateQueries({ queryKey: query.queryKey, exact: true }));
    if (request.deleted) {
      // The trash: what came into it or was brought back.
      if (gone.size > 0 || data.pages.some((page) => page.items.some((row) => rows.has(row.id)))) again(cadence);
      continue;
    }
    const known = new Set(data.pages.flatMap((page) => page.items.map((row) => row.id)));
    const fresh = [...rows.values()].filter((row) => !known.has(row.id));
    const plain = !request.filter && !request.orderBy;
    // The newest first, as the server gives them; where an order or a filter decides, only the server knows the place.
    const added = plain ? fresh.filter((row) => row.createdAt >= (data.pages[0]?.items[0]?.createdAt ?? '')).reverse() : [];
    // Brought back from the trash: older than the newest, and among what was read.
    const end = data.pages.at(-1)?.nextCursor ? data.pages.at(-1)?.items.at(-1)?.createdAt ?? '' : '';
    if (plain && fresh.length > added.length && fresh.some((row) => row.createdAt >= end && !added.includes(row))) again(cadence);
    const touched = [...rows.keys(), ...gone].some((id) => known.has(id));
    if (touched || added.length > 0) {
      const left = (page: Page<Row>) => page.items.filter((row) => !gone.has(row.id)).map(merged);
      const pages = data.pages.map((page) => (page.items.some((row) => rows.has(row.id) || gone.has(row.id)) ? { ...page, items: left(page) } : page));
      if (added.length > 0 && pages[0]) pages[0] = { ...pages[0], items: [...added, ...pages[0].items] };
      client.setQueryData(query.queryKey, { ...data, pages });
    }
    // A read that is under way may be older than this push.
    const overtaken = query.state.fetchStatus === 'fetching';
    if (!plain || overtaken) again(reorder * Math.max(1, data.pages.length));
  }
  client.setQueriesData<Row[]>({ queryKey: keys.allRows(project) }, (old) =>
    (old?.some((row) => rows.has(row.id) || (gone.has(row.id) && !row.deletedAt)) ? old.filter((row) => !gone.has(row.id) || row.deletedAt).map(merged) : old));
  soon(`count ${project}`, reorder, () => client.invalidateQueries({ queryKey: keys.counts(project) }));
}

/** The open diagnoses of a run's row. */
export function patchRowDiagnoses(client: QueryClient, { project, run }: Diagnosis, open: (list: OpenDiagnosis[]) => OpenDiagnosis[]): void {
  const changed = (row: Row): Row => (row.id === run ? { ...row, diagnoses: open(row.diagnoses) } : row);
  client.setQueriesData<InfiniteData<Page<Row>>>({ queryKey: keys.rows(project) }, (old) =>
    old && { ...old, pages: old.pages.map((page) => (page.items.some((row) => row.id === run) ? { ...page, items: page.items.map(changed) } : page)) });
  client.setQueriesData<Row[]>({ queryKey: keys.allRows(project) }, (old) => (old?.some((row) => row.id === run) ? old.map(changed) : old));
}
