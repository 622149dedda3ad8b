import { useQueries } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useWatch } from '../api/hooks';
import { catalogueQuery } from '../api/queries';
import type { Run } from '../api/types';
import { ChartTools } from '../components/ChartTools';
import { DataChart, type Source } from '../components/DataChart';
import { LogARun } from '../components/LogARun';
import { RunsTable } from '../components/RunsTable';
import { Shell } from '../components/Shell';
import { Empty, Failure, Skeleton } from '../components/states';
import { listOf, useView } from '../components/view';
import { plural } from '../lib/numbers';
import { sectionsOf } from '../lib/sections';
import { useProject } from './useProject';

const route = getRouteApi('/projects/$project');
/** A project: its runs on the left, their curves side by side on the right. */
export function ProjectPage() {
  const { project } = route.useParams();
  const [view, change] = useView();
  const { runs, list, colours, seen, open, running } = useProject(project, view.runs);
  useEffect(() => {
    document.title = `${project} · Tracker`;
  }, [project]);

  const find = view.find?.toLowerCase() ?? '';
  const found = useMemo(() => (find ? list.filter((run) => matches(run, find)) : list), [list, find]);
  const shown = useMemo(() => new Set(listOf(seen)), [seen]);

  const latest = useRef(shown);
  latest.current = shown;
  const toggle = useCallback(
    (run: string) => {
      const next = new Set(latest.current);
      if (!next.delete(run)) next.add(run);
      change({ runs: [...next].join(',') || ',' });
    },
    [change],
  );
  const selected = useMemo(() => list.filter((run) => shown.has(run.id)), [list, shown]);

  if (runs.error && !runs.data) {
    return <Shell project={project}><Failure what="The runs could not be read." error={runs.error} retry={() => void runs.refetch()} /></Shell>;
  }
  return (
    <Shell project={project} open={open} running={running}>
      {runs.data && list.length === 0 ? (
        <Empty page title={`${project} has no runs yet.`}><LogARun project={project} /></Empty>
      ) : (
        <div className="workspace">
          <aside className="side" aria-label="Runs">
            <h1 className="hidden">{project}</h1>
            <input
              type="search"
              className="find"
              placeholder="Find runs by name, tag, state or what is wrong"
              aria-label="Find runs"
              value={view.find ?? ''}
              onChange={(event) => change({ find: event.target.value || undefined })}
            />
            {runs.data ? <RunsTable runs={found} shown={shown} colours={colours} onToggle={toggle} /> : <Skeleton height={280} />}
            <p className="side-foot">
              {find ? `${found.length} of ${plural(list.length, 'run')}` : plural(list.length, 'run')} · {selected.length} on the charts
              {runs.hasNextPage && <button type="button" className="link" onClick={() => void runs.fetchNextPage()}>Read older runs</button>}
            </p>
          </aside>
          <RunCharts runs={selected} colours={colours} />
        </div>
      )}
    </Shell>
  );
}

const matches = (run: Run, text: string): boolean =>
  [run.name, run.id, run.state, run.group, ...run.tags, ...run.diagnoses.map((diagnosis) => diagnosis.title)].some((word) => word?.toLowerCase().includes(text));

/** One chart per series name, the runs side by side on it. */
function RunCharts({ runs, colours }: { runs: readonly Run[]; colours: (run: string) => string }) {
  useWatch('run', runs.map((run) => run.id));
  const catalogues = useQueries({ queries: runs.map((run) => catalogueQuery(run.id)) });

  // One string, so that the charts stay the same objects while nothing new was logged.
  const series = catalogues.map(({ data }) => data?.items.filter((item) => item.kind === 'scalar').map((item) => item.name).join('\n') ?? '').join('\0');
  const who = runs.map((run) => `${run.id}\n${run.name}`).join('\0');
  const sections = useMemo(() => {
    const logged = new Map<string, Source[]>();
    const people = who.split('\0').map((pair) => pair.split('\n'));
    series.split('\0').forEach((names, i) => {
      const [run = '', label = ''] = people[i] ?? [];
      for (const name of names.split('\n').filter(Boolean)) logged.set(name, [...(logged.get(name) ?? []), { run, name, label, colour: colours(run) }]);
    });
    return sectionsOf([...logged.keys()]).map((section) => ({
      name: section.name,
      charts: section.charts.flatMap((chart) => chart.lines.map(({ name }) => ({ name, log: chart.log || /loss/.test(name), sources: logged.get(name)! }))),
    }));
  }, [series, who, colours]);

  if (runs.length === 0) return <div className="charts-pane"><Empty title="No run is on the charts."><p>Choose runs by the dot before their names.</p></Empty></div>;
  return (
    <section className="charts-pane" aria-label="Charts">
      <div className="charts-bar"><ChartTools /></div>
      {sections.map((section) => (
        <section key={section.name} aria-label={section.name}>
          <h2 className="section-name">{section.name} <span>{plural(section.charts.length, 'chart')}</span></h2>
          <div className="chart-grid">
            {section.charts.map((chart) => <DataChart key={chart.name} chart={chart.name} title={chart.name} sources={chart.sources} usualLog={chart.log} />)}
          </div>
        </section>
      ))}
    </section>
  );
}
