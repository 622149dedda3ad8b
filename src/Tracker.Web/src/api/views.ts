import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, post, segment } from './client';
import { keys } from './queries';
import type { Page } from './types';

/** A view of a project's page that was kept under a name, for everybody. */
export interface SavedView {
  id: string;
  name: string;
  page: 'runs' | 'charts' | 'compare';
  /** What the URL of the page held. */
  state: Record<string, unknown>;
  updatedAt: string;
}

export const viewsQuery = (project: string) =>
  queryOptions({
    queryKey: keys.views(project),
    queryFn: async ({ signal }) => (await call<Page<SavedView>>(`/projects/${segment(project)}/views`, { signal })).items,
    staleTime: 30_000,
  });

const json = { 'Content-Type': 'application/json' };

/** Keeps, changes and forgets the views of a project. */
export function useViewActions(project: string) {
  const client = useQueryClient();
  const base = `/projects/${segment(project)}/views`;
  const settled = { onSettled: () => client.invalidateQueries({ queryKey: keys.views(project) }) };
  return {
    create: useMutation({ mutationFn: (view: Pick<SavedView, 'name' | 'page' | 'state'>) => post<SavedView>(base, view), ...settled }),
    change: useMutation({
      mutationFn: ({ id, ...view }: Pick<SavedView, 'id' | 'name' | 'page' | 'state'>) => call<SavedView>(`${base}/${segment(id)}`, { method: 'PUT', body: JSON.stringify(view), headers: json }),
      ...settled,
    }),
    remove: useMutation({ mutationFn: (id: string) => call<void>(`${base}/${segment(id)}`, { method: 'DELETE' }), ...settled }),
  };
}
