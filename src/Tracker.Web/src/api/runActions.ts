import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { call, post, segment } from './client';
import { keys } from './queries';
import type { Run, Stop } from './types';

export interface RunChange {
  name?: string;
  tags?: string[];
  group?: string;
  notes?: string;
}

const patch = (run: string, change: RunChange): Promise<Run> =>
  call<Run>(`/runs/${segment(run)}`, { method: 'PATCH', body: JSON.stringify(change), headers: { 'Content-Type': 'application/json' } });

async function remove(run: string, permanently: boolean): Promise<void> {
  await call<void>(`/runs/${segment(run)}${permanently ? '?permanently=true' : ''}`, { method: 'DELETE' });
}

/** Few at a time: a thousand runs are a thousand calls. */
async function each<T>(items: readonly T[], action: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await action(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: 4 }, work));
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new Error(`${failures.length} of ${items.length} runs could not be changed. ${(failures[0] as Error).message}`);
}

/** Everything that lists runs of the project is read again. */
export function refreshRuns(client: QueryClient, project: string): Promise<unknown> {
  return Promise.all([keys.rows(project), keys.allRows(project), keys.counts(project), keys.fields(project), keys.projects].map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** What a table does with runs, one or many: the lists follow when it is done. */
export function useRunActions(project: string) {
  const client = useQueryClient();
  const settled = { onSettled: () => refreshRuns(client, project) };
  return {
    change: useMutation({ mutationFn: ({ runs, change }: { runs: readonly string[]; change: RunChange }) => each(runs, (run) => patch(run, change)), ...settled }),
    /** Adds tags to runs and takes tags away, each run keeping what it has besides. */
    tag: useMutation({
      mutationFn: ({ runs, add, drop }: { runs: readonly { id: string; tags: readonly string[] }[]; add: readonly string[]; drop: readonly string[] }) =>
        each(runs, ({ id, tags }) => patch(id, { tags: [...new Set([...tags.filter((tag) => !drop.includes(tag)), ...add])] })),
      ...settled,
    }),
    remove: useMutation({ mutationFn: ({ runs, permanently = false }: { runs: readonly string[]; permanently?: boolean }) => each(runs, (run) => remove(run, permanently)), ...settled }),
    restore: useMutation({ mutationFn: (runs: readonly string[]) => each(runs, (run) => post(`/runs/${segment(run)}/restore`)), ...settled }),
    stop: useMutation({ mutationFn: (runs: readonly string[]) => each(runs, (run) => post<{ stop: Stop }>(`/runs/${segment(run)}/stop`, { reason: 'Stopped from the runs table' })), ...settled }),
  };
}
