import { useQueries } from '@tanstack/react-query';
import { memo, useMemo, useRef } from 'react';
import type uPlot from 'uplot';
import { dataQuery, type DataRequest } from '../api/queries';
import type { ChartData } from '../api/types';
import { setHovered } from '../charts/hovered';
import type { Line } from '../charts/model';
import { SeriesChart } from '../charts/SeriesChart';
import { useInView, useSize } from '../charts/useSize';
import { spansDecades } from '../lib/axes';
import { bandOf, envelope } from '../lib/bands';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import { toNumber } from '../lib/numbers';
import { usePageStyle } from './chartStyle';
import { ChartMenu } from './ChartMenu';
import { Failure } from './states';
import { listOf, toggled, useView } from './view';

/** One curve that a chart is to show. */
export interface Source {
  run: string;
  name: string;
  label: string;
  colour: string;
  /** Runs of the same group become one curve, their mean, with a band from the least to the greatest. */
  group?: string | undefined;
  /** What the others are held against: with the band of its own noise. */
  reference?: boolean | undefined;
}

interface Props {
  chart: string;
  title: string;
  sources: readonly Source[];
  usualLog: boolean;
  evidence?: readonly EvidenceRange[] | undefined;
  guides?: readonly Guide[] | undefined;
  note?: string | undefined;
}

const headRoom = 58;
/** A series with fewer points is not smoothed: it would lag behind itself. */
const smoothFrom = 100;
const none: readonly never[] = [];

/** The place of a chart: the chart itself exists only while it is on the screen, or nearly, or fills the page. */
export const DataChart = memo(function DataChart(props: Props) {
  const [place, inView] = useInView<HTMLDivElement>();
  const [view] = useView();
  const { height } = usePageStyle();
  const full = view.full === props.chart;
  return (
    <div ref={place} className="chart-place" id={`chart-${props.chart}`} style={{ minHeight: height + headRoom }}>
      {inView || full ? <LiveChart {...props} full={full} /> : <div className="chart-rest" style={{ height: height + headRoom }}><span className="chart-title">{props.title}</span></div>}
    </div>
  );
});

/** A chart with its data: read at the resolution of its width, and kept up to date. */
function LiveChart({ chart, title, sources, usualLog, evidence = none, guides = none, note, full }: Props & { full: boolean }) {
  const [view, change] = useView();
  const { axis, xlog, smoother, smoothing, from, to, height } = usePageStyle();
  const [box, width, roomHeight] = useSize<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const raw = listOf(view.raw).includes(chart);
  const calm = view.calm === '*' || listOf(view.calm).includes(chart);
  const points = Math.max(200, Math.ceil(width / 200) * 200);

  const runs = useMemo(() => [...Map.groupBy(sources, (source) => source.run)], [sources]);
  const results = useQueries({
    queries: runs.map(([run, list]) => {
      const request: DataRequest = {
        names: list.map((source) => source.name), points, x: axis, smoothing: raw ? 0 : smoothing, smoother, scale: xlog && axis !== 'time' ? 'log' : undefined, from, to,
      };
      return { ...dataQuery(run, request), enabled: width > 0 };
    }),
  });
  // While a new range is read, a run's curve is what was read before; never that of another run.
  const last = useRef(new Map<string, ChartData['series']>());
  const data = useSame(results.map((result, i) => {
    const [run, list] = runs[i]!;
    const key = `${run} ${list.map((source) => source.name).join()} ${axis}`;
    if (result.data) last.current.set(key, result.data.series);
    return result.data?.series ?? last.current.get(key);
  }));
  const lines = useMemo(() => {
    const all = runs.flatMap(([, list], i) => list.flatMap((source) => lineOf(source, data[i])));
    return sources.some((source) => source.group !== undefined) ? banded(all, sources, points, xlog) : all;
  }, [runs, sources, data, points, xlog]);
  // What was logarithmic once stays so while the chart is there: an axis that changes by itself is hard to read.
  const decades = useRef(false);
  decades.current ||= !usualLog && spansDecades(lines);
  const log = listOf(view.log).includes(chart) !== (usualLog || decades.current);
  const zoom = useMemo((): [number, number] | null => (from !== undefined && to !== undefined ? [from, to] : null), [from, to]);
  const failed = results.find((result) => result.error && !result.data);
  const ready = data.some(Boolean);

  return (
    <div ref={box} className="chart-room" data-full={full || undefined}>
      {failed && !ready ? (
        <Failure what={`${title} could not be read.`} error={failed.error!} retry={() => results.forEach((result) => result.error && void result.refetch())} />
      ) : !ready ? (
        <div className="chart-rest" style={{ height: height + headRoom }}><span className="chart-title">{title}</span></div>
      ) : (
        <SeriesChart
          title={title}
          label={`${title} over ${axis}`}
          lines={lines}
          evidence={evidence}
          guides={guides}
          note={note}
          axis={axis}
          log={log}
          xlog={xlog && axis !== 'time'}
          calm={calm}
          zoom={zoom}
          sync="page"
          height={full ? Math.max(200, roomHeight - headRoom - 24) : height}
          plot={plot}
          tools={<ChartMenu chart={chart} title={title} lines={lines} sources={sources} axis={axis} plot={plot} full={full} calm={calm} />}
          onZoom={(range) => change(axis === 'step' && range ? { from: Math.floor(range[0]), to: Math.ceil(range[1]) } : { from: range?.[0], to: range?.[1] }, true)}
          onLog={() => change({ log: toggled(view.log, chart) })}
          onSmooth={() => change({ raw: toggled(view.raw, chart) })}
          onHover={(over) => setHovered(over ? chart : null)}
        />
      )}
    </div>
  );
}

function lineOf(source: Source, data: ChartData['series'] | undefined): Line[] {
  const series = data?.find((item) => item.name === source.name);
  if (!series || (series.x.length === 0 && series.nonFinite.length === 0)) return [];
  return [{
    key: `${source.run} ${source.name}`,
    run: source.run,
    label: source.label,
    colour: source.colour,
    x: series.x,
    y: series.y,
    smoothed: series.total >= smoothFrom ? series.smoothed : undefined,
    total: series.total,
    marks: series.nonFinite.map(({ x, value }) => ({ x, value: toNumber(value) })),
    band: source.reference ? envelope(series.y, Math.max(2, Math.round(series.y.length / 60))) : undefined,
  }];
}

/** One line a group: its mean, its band, the marks of all its runs. */
function banded(lines: readonly Line[], sources: readonly Source[], columns: number, log: boolean): Line[] {
  const groupOf = new Map(sources.map((source) => [`${source.run} ${source.name}`, source]));
  const groups = Map.groupBy(lines, (line) => groupOf.get(line.key)?.group ?? line.label);
  return [...groups].map(([group, members]) => {
    const band = bandOf(members, columns, log);
    return {
      key: group, run: group, label: `${group} (${members.length})`, colour: members[0]!.colour, x: band.x, y: band.mean,
      total: members.reduce((sum, line) => sum + line.total, 0), marks: members.flatMap((line) => line.marks).sort((a, b) => a.x - b.x),
      band: members.length > 1 ? { low: band.low, high: band.high } : undefined,
    };
  });
}

/** The same array as before while its members are the same. */
function useSame<T>(list: T[]): T[] {
  const kept = useRef(list);
  if (kept.current.length !== list.length || kept.current.some((item, i) => item !== list[i])) kept.current = list;
  return kept.current;
}
