import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { readData } from './batch';
import { catchUp } from './cache';
import { call, query, segment } from './client';
import type { Catalogue, Diagnosis, Histograms, Page, Project, Run, RunEvent } from './types';

/** What a chart asks of a run. */
export interface DataRequest {
  names: readonly string[];
  /** Pixel columns. */
  points: number;
  x: XAxis;
  /** Strength of the smoothing, in the units of its kind; 0: none. */
  smoothing: number;
  /** Unless given, `ema`. */
  smoother?: Smoother | undefined;
  /** Of the x axis; unless given, linear. */
  scale?: 'log' | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** Debiased average, the same weighted by distance, by a bell, over so many points. */
export type Smoother = 'ema' | 'time-ema' | 'gaussian' | 'mean';

/** What the x axis shows: the step, a time, or the value of another series at the same step. */
export type XAxis = 'step' | 'relative' | 'time' | (string & {});

/** The keys of the cache, in one place: live.ts and cache.ts find entries by them. */
export const keys = {
  projects: ['projects'] as const,
  rows: (project: string) => ['project', project, 'rows'] as const,
  allRows: (project: string) => ['project', project, 'all rows'] as const,
  counts: (project: string) => ['project', project, 'count'] as const,
  fields: (project: string) => ['project', project, 'fields'] as const,
  views: (project: string) => ['project', project, 'views'] as const,
  projectDiagnoses: (project: string) => ['project', project, 'diagnoses'] as const,
  run: (run: string) => ['run', run] as const,
  catalogue: (run: string) => ['run', run, 'series'] as const,
  diagnoses: (run: string) => ['run', run, 'diagnoses'] as const,
  events: (run: string) => ['run', run, 'events'] as const,
  data: (run: string) => ['run', run, 'data'] as const,
  histograms: (run: string) => ['run', run, 'histograms'] as const,
  sparkline: (run: string) => ['sparkline', run] as const,
};

export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: ({ signal }) => call<Page<Project>>('/projects', { signal }),
  refetchInterval: 15_000,
});

export const projectDiagnosesQuery = (project: string) =>
  queryOptions({
    queryKey: keys.projectDiagnoses(project),
    queryFn: async ({ signal }) => (await call<Page<Diagnosis>>(`/diagnoses${query({ project, limit: 200 })}`, { signal })).items,
  });

export const runQuery = (run: string) =>
  queryOptions({ queryKey: keys.run(run), queryFn: ({ signal }) => call<Run>(`/runs/${segment(run)}`, { signal }) });

export const catalogueQuery = (run: string) =>
  queryOptions({ queryKey: keys.catalogue(run), queryFn: ({ signal }) => call<Catalogue>(`/runs/${segment(run)}/series`, { signal }) });

export const diagnosesQuery = (run: string) =>
  queryOptions({
    queryKey: keys.diagnoses(run),
    queryFn: async ({ signal }) => (await call<Page<Diagnosis>>(`/runs/${segment(run)}/diagnoses`, { signal })).items,
  });

/** The curves of a chart. Live points are appended to it; see cache.ts. */
export const dataQuery = (run: string, request: DataRequest) =>
  queryOptions({
    queryKey: [...keys.data(run), request] as const,
    queryFn: ({ signal }) => catchUp(run, request, () => readData(run, request, signal)),
    placeholderData: keepPreviousData,
    structuralSharing: false,
    // Hundreds of charts may have been scrolled past.
    gcTime: 60_000,
  });

export const sparklineQuery = (run: string, name: string) =>
  queryOptions({
    queryKey: [...keys.sparkline(run), name] as const,
    queryFn: async ({ signal }) => (await readData(run, { names: [name], points: 44, x: 'step', smoothing: 0.8 } satisfies DataRequest, signal)).series[0] ?? null,
    structuralSharing: false,
  });

export const histogramsQuery = (run: string, name: string, columns: number) =>
  queryOptions({
    queryKey: [...keys.histograms(run), name, columns] as const,
    queryFn: ({ signal }) => call<Histograms>(`/runs/${segment(run)}/histograms${query({ name, columns })}`, { signal }),
    placeholderData: keepPreviousData,
  });

/** The run's events, read on from the last one known. */
export const eventsQuery = (client: QueryClient, run: string) =>
  queryOptions({
    queryKey: keys.events(run),
    queryFn: async ({ signal }) => {
      const known = client.getQueryData<RunEvent[]>(keys.events(run)) ?? [];
      const items = [...known];
      let cursor: string | undefined;
      do {
        const page: Page<RunEvent> = await call(`/runs/${segment(run)}/events${query({ since: known.at(-1)?.sequence, cursor })}`, { signal });
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && items.length < 10_000);
      return items;
    },
  });
