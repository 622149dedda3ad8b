import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, post, query, segment } from './client';
import type { components } from './generated';
import type { Page } from './types';

export type Mute = components['schemas']['MuteDto'];
export type MuteRequest = components['schemas']['MuteRequest'];

/** Mutes that are in force in a project. */
export const mutesQuery = (project: string) =>
  queryOptions({ queryKey: ['mutes', project] as const, queryFn: ({ signal }) => call<Page<Mute>>(`/mutes${query({ project, limit: 1000 })}`, { signal }), staleTime: 10_000 });

/** Makes and ends mutes. Counts, health and lists obey them: all that is shown is read anew. */
export function useMutes() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries();
  const add = useMutation({ mutationFn: (mutes: readonly MuteRequest[]) => Promise.all(mutes.map((mute) => post<Mute>('/mutes', mute))), onSuccess });
  const end = useMutation({ mutationFn: (id: string) => call<undefined>(`/mutes/${segment(id)}`, { method: 'DELETE' }), onSuccess });
  return { add, end };
}
