import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, post, segment } from './client';
import type { components } from './generated';
import { keys } from './queries';
import type { Page } from './types';

type Schemas = components['schemas'];
export type Threshold = Required<Schemas['ThresholdDto']>;
export type Detector = Required<Omit<Schemas['DetectorThresholdsDto'], 'thresholds'>> & { thresholds: Threshold[] };
/** What was set, by detector and threshold. */
export type Options = Record<string, Record<string, number>>;
export type Backtest = Schemas['BacktestDto'];

/** Whose thresholds: those of a project, or of one run over them. */
export type Owner = { project: string } | { run: string };

interface Shown {
  set: Options;
  project: Options;
  effective: Options;
}

const pathOf = (owner: Owner): string => ('run' in owner ? `/runs/${segment(owner.run)}/options` : `/projects/${segment(owner.project)}/options`);

export const thresholdsQuery = queryOptions({
  queryKey: ['thresholds'],
  queryFn: async ({ signal }) => (await call<Page<Detector>>('/thresholds', { signal })).items,
  staleTime: Infinity,
});

export const optionsQuery = (owner: Owner) =>
  queryOptions({ queryKey: ['options', owner] as const, queryFn: ({ signal }) => call<Shown>(pathOf(owner), { signal }) });

export function useSetOptions(owner: Owner) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (options: Options) => call<Shown>(pathOf(owner), { method: 'PUT', body: JSON.stringify(options), headers: { 'Content-Type': 'application/json' } }),
    onSuccess: async (shown) => {
      client.setQueryData(optionsQuery(owner).queryKey, shown);
      await client.invalidateQueries({ queryKey: ['options'] });
    },
  });
}

/** What stored runs would get by these thresholds; nothing is changed by it. */
export const backtest = (project: string, options: Options, since: string, limit: number): Promise<Backtest> =>
  post<Backtest>(`/projects/${segment(project)}/backtest`, { options, since, limit });

/** What the analyzer takes a series for; the run's config says so from now on. */
export function useSetRole(run: string, config: Record<string, unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ series, role }: { series: string; role: string }) => {
      const known = config['tracker.roles'];
      return call(`/runs/${segment(run)}`, {
        method: 'PATCH',
        body: JSON.stringify({ config: { 'tracker.roles': { ...(typeof known === 'object' ? known : {}), [series]: role } } }),
        headers: { 'Content-Type': 'application/json' },
      });
    },
    onSuccess: () => Promise.all([keys.run(run), keys.catalogue(run), ['run', run, 'visibility']].map((queryKey) => client.invalidateQueries({ queryKey, exact: true }))),
  });
}
