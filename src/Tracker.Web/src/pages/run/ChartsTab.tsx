import { useLocation } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import type { Diagnosis, Run, SeriesInfo } from '../../api/types';
import { useTheme } from '../../charts/theme';
import { ChartSearch, useChartSearch } from '../../components/ChartSearch';
import { ChartSection, withPinned } from '../../components/ChartSection';
import { ChartTools } from '../../components/ChartTools';
import { DataChart } from '../../components/DataChart';
import { LogARun } from '../../components/LogARun';
import { Empty } from '../../components/states';
import { useView } from '../../components/view';
import { evidenceBySeries, type EvidenceRange } from '../../lib/evidence';
import { guidesOf } from '../../lib/guides';
import { colourOf, rampColour, type Theme } from '../../lib/palette';
import { sectionsOf, type ChartSpec } from '../../lib/sections';

/** All scalar series of a run, in sections; the evidence of its diagnoses drawn where it shows. */
export function ChartsTab({ run, series, diagnoses }: { run: Run; series: readonly SeriesInfo[]; diagnoses: readonly Diagnosis[] }) {
  const theme = useTheme();
  // One string, so that the charts stay the same objects while nothing new was logged.
  const names = series.filter((item) => item.kind === 'scalar').map((item) => item.name).join('\n');
  const sections = useMemo(
    () =>
      sectionsOf(names.split('\n').filter(Boolean)).map((section) => ({
        name: section.name,
        charts: section.charts.map((spec) => ({
          spec,
          sources: spec.lines.map((line, i) => ({ run: run.id, name: line.name, label: line.label, colour: lineColour(spec, i, theme) })),
        })),
      })),
    [names, run.id, theme],
  );
  const evidence = useMemo(() => {
    const bySeries = evidenceBySeries(diagnoses);
    return new Map(sections.flatMap((section) => section.charts.map(({ spec }) => [spec.key, rangesOf(spec, bySeries)])));
  }, [diagnoses, sections]);

  const guides = useMemo(
    () => new Map(sections.flatMap((section) => section.charts.map(({ spec }) => [spec.key, guidesOf(spec.lines[0]!.name, run.config)]))),
    [sections, run.config],
  );

  const { fits, wrong } = useChartSearch();
  const [{ pins }] = useView();
  const shown = useMemo(
    () => withPinned(sections.map(({ name, charts }) => ({ name, charts: charts.filter(({ spec }) => spec.lines.some((line) => fits(line.name))) })).filter(({ charts }) => charts.length > 0), ({ spec }) => spec.key, pins),
    [sections, fits, pins],
  );
  const hash = decodeURIComponent(useLocation({ select: (location) => location.hash }));
  useEffect(() => {
    const wanted = hash.startsWith('series-') ? hash.slice('series-'.length) : null;
    const chart = wanted !== null && sections.flatMap((section) => section.charts).find(({ spec }) => spec.lines.some((line) => line.name === wanted));
    if (!chart) return;
    const place = document.getElementById(`chart-${chart.spec.key}`);
    place?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    place?.setAttribute('data-pointed', '');
    return () => place?.removeAttribute('data-pointed');
  }, [hash, sections]);

  if (sections.length === 0) {
    return <Empty title="Nothing has been logged to this run yet."><p>Its charts appear with the first point.</p><LogARun project={run.project} /></Empty>;
  }
  return (
    <>
      <div className="section-head">
        <ChartSearch wrong={wrong} found={shown.reduce((sum, section) => sum + section.charts.length, 0)} />
        <ChartTools />
      </div>
      {shown.length === 0 && <Empty title="No series is called so." />}
      {shown.map((section) => (
        <ChartSection key={section.name} name={section.name} count={section.charts.length}>
          {section.charts.map(({ spec, sources }) => (
            <DataChart key={spec.key} chart={spec.key} title={spec.title} sources={sources} usualLog={spec.log} evidence={evidence.get(spec.key)} guides={guides.get(spec.key)} note={noteOf(spec)} />
          ))}
        </ChartSection>
      ))}
    </>
  );
}

/** Train and validation keep their two colours; layers, which have an order, go from dark violet to yellow. */
const lineColour = (spec: ChartSpec, i: number, theme: Theme): string =>
  spec.kind === 'family' ? rampColour(spec.lines.length > 1 ? i / (spec.lines.length - 1) : 0, theme) : colourOf(i, theme);

const noteOf = ({ kind, lines }: ChartSpec): string | undefined =>
  kind === 'family' ? `${lines.length} curves, ${lines[0]!.label} to ${lines.at(-1)!.label}` : undefined;

function rangesOf(spec: ChartSpec, bySeries: ReadonlyMap<string, EvidenceRange[]>): EvidenceRange[] {
  const ranges = new Map<string, EvidenceRange>();
  for (const range of spec.lines.flatMap((line) => bySeries.get(line.name) ?? [])) {
    const old = ranges.get(range.diagnosis);
    ranges.set(range.diagnosis, old ? { ...old, from: Math.min(old.from, range.from), to: Math.max(old.to, range.to), onset: Math.min(old.onset, range.onset) } : range);
  }
  return [...ranges.values()];
}
