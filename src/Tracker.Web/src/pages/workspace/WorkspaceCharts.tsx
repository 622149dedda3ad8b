import { useQueries } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { useWatch } from '../../api/hooks';
import { catalogueQuery } from '../../api/queries';
import { useTheme } from '../../charts/theme';
import { ChartSearch, useChartSearch } from '../../components/ChartSearch';
import { ChartSection, withPinned } from '../../components/ChartSection';
import { ChartTools } from '../../components/ChartTools';
import { DataChart, type Source } from '../../components/DataChart';
import { SavedViews } from '../../components/SavedViews';
import { Empty } from '../../components/states';
import { useView } from '../../components/view';
import { colourOf } from '../../lib/palette';
import { prefixSections } from '../../lib/sections';
import type { useRunsTable } from '../runs/useRunsTable';
import { useShownRuns } from './useShownRuns';

/** One chart per series name, the runs side by side on it; grouped runs as one curve with a band. */
export function WorkspaceCharts({ project, table }: { project: string; table: ReturnType<typeof useRunsTable> }) {
  const [view] = useView();
  const theme = useTheme();
  const runs = useShownRuns(project, table);
  useWatch('run', runs.map((run) => run.id));
  const catalogues = useQueries({ queries: runs.map((run) => ({ ...catalogueQuery(run.id), staleTime: 30_000 })) });

  // One string, so that the charts stay the same objects while nothing new was logged.
  const series = catalogues.map(({ data }) => data?.items.filter((item) => item.kind === 'scalar').map((item) => item.name).join('\n') ?? '').join('\0');
  const { colours } = table;
  const { reference } = view;
  const who = runs.map((run) => [run.id, run.name, run.group ?? ''].join('\n')).join('\0');
  const logged = useMemo(() => {
    const bySeries = new Map<string, Source[]>();
    const people = who.split('\0').map((entry) => entry.split('\n'));
    const groups = [...new Set(people.map(([, , group]) => group))];
    series.split('\0').forEach((names, i) => {
      const [run = '', label = '', group] = people[i] ?? [];
      const source = { run, label, colour: group ? colourOf(groups.indexOf(group), theme) : colours(run), group: group || undefined, reference: run === reference || undefined };
      for (const name of names.split('\n').filter(Boolean)) {
        const list = bySeries.get(name);
        if (list) list.push({ ...source, name });
        else bySeries.set(name, [{ ...source, name }]);
      }
    });
    return bySeries;
  }, [series, who, colours, theme, reference]);

  const { fits, wrong } = useChartSearch();
  const { pins } = view;
  const sections = useMemo(() => withPinned(prefixSections([...logged.keys()].filter(fits)).map(({ name, names }) => ({ name, charts: names })), (name) => name, pins), [logged, fits, pins]);
  const found = sections.reduce((sum, section) => sum + section.charts.length, 0);
  const waiting = catalogues.some((catalogue) => catalogue.isPending);
  // All at once: sections that come one by one would push each other about. A run that joins later moves nothing but what it adds.
  const begun = useRef(false);
  begun.current ||= runs.length > 0 && !waiting;

  return (
    <section className="charts-pane" aria-label="Charts">
      <div className="charts-bar">
        <ChartSearch wrong={wrong} found={found} />
        <SavedViews project={project} page="charts" />
        <ChartTools series={useMemo(() => [...logged.keys()], [logged])} />
      </div>
      {runs.length === 0 && !waiting && table.rows.length > 0 && <Empty title="No run is on the charts."><p>Choose runs by the dot before their names, or <kbd>x</kbd> on the line you are at.</p></Empty>}
      {runs.length > 0 && !waiting && found === 0 && <Empty title={view.charts ? 'No series is called so.' : 'These runs have logged no numbers yet.'} />}
      {begun.current && sections.map(({ name, charts }) => (
        <ChartSection key={name} name={name} count={charts.length}>
          {charts.map((chart) => <DataChart key={chart} chart={chart} title={chart} sources={logged.get(chart)!} usualLog={/loss|grad_norm|perplexity|update_ratio/.test(chart)} />)}
        </ChartSection>
      ))}
    </section>
  );
}
