import { useMutation, useQueryClient } from '@tanstack/react-query';
import { patchDiagnosis } from './cache';
import { post, segment } from './client';
import { keys } from './queries';
import type { Diagnosis, Run, Stop, Verdict } from './types';

/** Asks a run to stop: its next log call or heartbeat carries the wish. */
export function useStopRun(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason?: string) => post<{ stop: Stop }>(`/runs/${segment(run)}/stop`, { reason }),
    onSuccess: ({ stop }) => client.setQueryData<Run>(keys.run(run), (old) => old && { ...old, stop }),
  });
}

/** What a person says of a diagnosis; null takes it back. */
export function useVerdict(diagnosis: Diagnosis) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verdict: Verdict | null) => post<Diagnosis>(`/diagnoses/${segment(diagnosis.id)}/verdict`, { verdict }),
    onSuccess: (changed) => patchDiagnosis(client, changed),
  });
}
