import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { patchDiagnosis } from './cache';
import { call, post, query, segment } from './client';
import type { Diagnosis, Page, Verdict } from './types';

/** Which diagnoses the inbox shows; what is undefined does not narrow it. */
export interface InboxFilter {
  project: string | undefined;
  state: 'open' | 'resolved' | undefined;
  /** Least severity. */
  severity: string | undefined;
  /** A verdict, or `none`. */
  verdict: string | undefined;
  condition: string | undefined;
}

export const inboxKey = ['inbox'] as const;

export const inboxQuery = (filter: InboxFilter) =>
  infiniteQueryOptions({
    queryKey: [...inboxKey, filter] as const,
    queryFn: ({ signal, pageParam }) => call<Page<Diagnosis>>(`/diagnoses${query({ ...filter, limit: 100, cursor: pageParam })}`, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

const atOnce = 6;

/** The same verdict on many diagnoses, a few at a time. */
export function useVerdicts() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, verdict }: { ids: readonly string[]; verdict: Verdict | null }) => {
      const left = [...ids];
      const work = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift()) patchDiagnosis(client, await post<Diagnosis>(`/diagnoses/${segment(id)}/verdict`, { verdict }));
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, ids.length) }, work));
    },
    onSettled: () => client.invalidateQueries({ queryKey: inboxKey }),
  });
}
