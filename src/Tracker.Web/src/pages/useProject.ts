import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useWatch } from '../api/hooks';
import { projectDiagnosesQuery, runsQuery } from '../api/queries';
import { useTheme } from '../charts/theme';
import { colourIndexes, colourOf, distinct } from '../lib/palette';

/** Runs on the charts when nobody chose any. */
const usuallyShown = 8;

/**
 * A project's runs, newest first, with their colours and its diagnoses, live.
 * @param together Runs that are seen together, separated by commas: their colours differ. Unless given, the newest ones.
 */
export function useProject(project: string | undefined, together: string | undefined = undefined) {
  useWatch('project', project === undefined ? [] : [project]);
  const theme = useTheme();
  const enabled = project !== undefined;
  const runs = useInfiniteQuery({ ...runsQuery(project ?? ''), enabled });
  const diagnoses = useQuery({ ...projectDiagnosesQuery(project ?? ''), enabled });
  const list = useMemo(() => runs.data?.pages.flatMap((page) => page.items) ?? [], [runs.data]);

  const newest = list.slice(0, usuallyShown).map((run) => run.id).join();
  const seen = together ?? newest;

  // Oldest first, so that a newcomer never changes the colour of another run.
  const ids = list.map((run) => run.id).reverse().join('\n');
  const colours = useMemo(() => {
    const indexes = distinct(colourIndexes(ids.split('\n')), seen.split(','));
    return (run: string) => colourOf(indexes.get(run) ?? 0, theme);
  }, [ids, seen, theme]);

  const open = diagnoses.data?.filter((diagnosis) => diagnosis.state === 'open' && diagnosis.severity !== 'info' && diagnosis.verdict === null);
  return { runs, diagnoses, list, colours, seen, open: open?.length, running: runs.data && list.filter((run) => run.state === 'running').length };
}
