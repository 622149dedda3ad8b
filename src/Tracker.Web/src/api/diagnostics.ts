import { queryOptions } from '@tanstack/react-query';
import { call, query, segment } from './client';
import { keys } from './queries';
import type { Page, Run, RunEvent } from './types';

/** A condition that the analyzer cannot see in a run, and the line of code that would let it. */
export interface Blind {
  condition: string;
  title: string;
  needs: string[];
  log: { python: string; dotnet: string };
}

export interface Visibility {
  recognised: { series: string; role: string }[];
  unrecognised: string[];
  blind: Blind[];
}

export const visibilityQuery = (run: string) =>
  queryOptions({
    queryKey: ['run', run, 'visibility'],
    queryFn: ({ signal }) => call<Visibility>(`/runs/${segment(run)}/visibility`, { signal }),
    staleTime: 60_000,
  });

/** The run's events of one kind; few as they are, all at once. */
export const eventsOfKindQuery = (run: string, kind: string) =>
  queryOptions({
    queryKey: [...keys.events(run), kind],
    queryFn: async ({ signal }) => (await call<Page<RunEvent>>(`/runs/${segment(run)}/events${query({ kind, limit: 1000 })}`, { signal })).items,
  });

/** The newest runs of a project by name, to choose one from. */
export const otherRunsQuery = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'names'],
    queryFn: async ({ signal }) => (await call<Page<Pick<Run, 'id' | 'name'>>>(`/runs${query({ project, fields: 'name', limit: 500 })}`, { signal })).items,
    staleTime: 30_000,
  });
