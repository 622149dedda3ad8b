import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useWatch } from '../api/hooks';
import { projectDiagnosesQuery, projectsQuery } from '../api/queries';
import { rowsQuery } from '../api/rows';
import { useColours } from '../components/colours';
import { fieldsFor } from '../lib/columns';

/** What every page of a project shows: its newest runs by name, their colours, its diagnoses, and how many are open and running. Live. */
export function useProject(project: string | undefined) {
  useWatch('project', project === undefined ? [] : [project]);
  const enabled = project !== undefined;
  const runs = useInfiniteQuery({ ...rowsQuery(project ?? '', { fields: fieldsFor([]) }), enabled });
  const diagnoses = useQuery({ ...projectDiagnosesQuery(project ?? ''), enabled });
  const list = useMemo(() => runs.data?.pages.flatMap((page) => page.items) ?? [], [runs.data]);
  const newest = useMemo(() => list.slice(0, 8).map((run) => run.id), [list]);
  const colours = useColours(newest);
  return { runs, diagnoses, list, colours, ...useCounts(project) };
}

/** How much of a project is open and running, for the bar on top. */
export function useCounts(project: string | undefined): { open: number | undefined; running: number | undefined } {
  const { data } = useQuery({ ...projectsQuery, enabled: project !== undefined });
  const found = data?.items.find((item) => item.name === project);
  return { open: found?.openDiagnoses, running: found?.running };
}
