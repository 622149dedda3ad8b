import { infiniteQueryOptions, queryOptions, type InfiniteData } from '@tanstack/react-query';
import type { Row } from '../lib/fields';
import { call, query, segment } from './client';
import { keys } from './queries';
import type { Page } from './types';

/** Which runs a table shows, in which order, with which columns. */
export interface RowsRequest {
  filter?: string | undefined;
  orderBy?: string | undefined;
  fields: string;
  deleted?: boolean | undefined;
}

export type Rows = InfiniteData<Page<Row>, string | undefined>;

const firstPage = 60;
const nextPage = 1000;

/** A run as the server gives it with `fields`: what it was not asked for is absent. */
const whole = (row: Row): Row => ({ ...row, config: row.config ?? {}, metrics: row.metrics ?? {}, diagnoses: row.diagnoses ?? [], tags: row.tags ?? [] });

async function readPage(project: string, request: RowsRequest, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<Page<Row>> {
  const { filter, orderBy, fields, deleted } = request;
  const page = await call<Page<Row>>(`/runs${query({ project, filter: filter || undefined, orderBy, fields, deleted: deleted ? 'only' : undefined, limit, cursor })}`, { signal });
  return { ...page, items: page.items.map(whole) };
}

/** The runs of a table, page by page; the first page is small, so that it is there at once. */
export const rowsQuery = (project: string, request: RowsRequest) =>
  infiniteQueryOptions({
    queryKey: [...keys.rows(project), request] as const,
    queryFn: ({ signal, pageParam }) => readPage(project, request, pageParam === undefined ? firstPage : nextPage, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // The table stays while another filter is read; another project's runs are never shown for this one's.
    placeholderData: (previous, query) => (query?.queryKey[1] === project ? previous : undefined),
    structuralSharing: false,
    gcTime: 60_000,
  });

/** All runs that a filter finds, at most `most`. */
export async function readRows(project: string, request: RowsRequest, most: number, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(project, request, Math.min(nextPage, most - rows.length), cursor, signal);
    rows.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor && rows.length < most);
  return rows;
}

export const allRowsQuery = (project: string, request: RowsRequest, most: number) =>
  queryOptions({
    queryKey: [...keys.allRows(project), request, most] as const,
    queryFn: ({ signal }) => readRows(project, request, most, signal),
    placeholderData: (previous, query) => (query?.queryKey[1] === project ? previous : undefined),
    structuralSharing: false,
    gcTime: 60_000,
  });

/** How many runs a filter finds. */
export const countQuery = (project: string, filter: string | undefined, deleted = false) =>
  queryOptions({
    queryKey: [...keys.counts(project), filter ?? '', deleted] as const,
    queryFn: async ({ signal }) => (await call<{ runs: number }>(`/projects/${segment(project)}/count${query({ filter: filter || undefined, deleted: deleted ? 'only' : undefined })}`, { signal })).runs,
    placeholderData: (previous, query) => (query?.queryKey[1] === project ? previous : undefined),
  });

export interface FieldInfo {
  name: string;
  field: string;
  runs: number | null;
}

export interface ProjectFields {
  metrics: FieldInfo[];
  config: FieldInfo[];
  tags: FieldInfo[];
  groups: FieldInfo[];
  jobTypes: FieldInfo[];
  attributes: string[];
  forms: string[];
}

/** What filters, orders and columns of a project can name. */
export const fieldsQuery = (project: string) =>
  queryOptions({
    queryKey: keys.fields(project),
    queryFn: ({ signal }) => call<ProjectFields>(`/projects/${segment(project)}/fields`, { signal }),
    staleTime: 15_000,
  });
