import { useQueries } from '@tanstack/react-query';
import { memo, useMemo, useRef } from 'react';
import { dataQuery, type DataRequest } from '../api/queries';
import type { ChartData } from '../api/types';
import type { Line } from '../charts/model';
import { SeriesChart } from '../charts/SeriesChart';
import { useInView, useSize } from '../charts/useSize';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import { toNumber } from '../lib/numbers';
import { Failure } from './states';
import { listOf, toggled, useView, usualSmoothing } from './view';

/** One curve that a chart is to show. */
export interface Source {
  run: string;
  name: string;
  label: string;
  colour: string;
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

const height = 184;
/** A series with fewer points is not smoothed: it would lag behind itself. */
const smoothFrom = 100;
const none: readonly never[] = [];

/** A chart with its data: read when it comes into view, at the resolution of its width, and kept up to date. */
export const DataChart = memo(function DataChart({ chart, title, sources, usualLog, evidence = none, guides = none, note }: Props) {
  const [view, change] = useView();
  const [seen, inView] = useInView<HTMLDivElement>();
  const [box, width] = useSize<HTMLDivElement>();
  const raw = listOf(view.raw).includes(chart);
  const log = listOf(view.log).includes(chart) !== usualLog;
  const axis = view.x ?? 'step';
  const smoothing = raw ? 0 : view.smooth ?? usualSmoothing;
  const points = Math.max(200, Math.ceil(width / 200) * 200);
  const { from, to } = view;

  const runs = useMemo(() => [...Map.groupBy(sources, (source) => source.run)], [sources]);
  const results = useQueries({
    queries: runs.map(([run, list]) => {
      const request: DataRequest = { names: list.map((source) => source.name), points, x: axis, smoothing, from, to };
      return { ...dataQuery(run, request), enabled: inView && width > 0 };
    }),
  });
  const data = useSame(results.map((result) => result.data?.series));
  const lines = useMemo(() => runs.flatMap(([, list], i) => list.flatMap((source) => lineOf(source, data[i]))), [runs, data]);
  const zoom = useMemo((): [number, number] | null => (from !== undefined && to !== undefined ? [from, to] : null), [from, to]);
  const failed = results.find((result) => result.error && !result.data);

  return (
    <div ref={seen} className="chart-place" id={`chart-${chart}`}>
      <div ref={box} className="chart-room" style={{ minHeight: height + 58 }}>
        {failed ? (
          <Failure what={`${title} could not be read.`} error={failed.error!} retry={() => void failed.refetch()} />
        ) : (
          inView && data.some(Boolean) && (
            <SeriesChart
              title={title}
              label={`${title} over ${axis}`}
              lines={lines}
              evidence={evidence}
              guides={guides}
              note={note}
              axis={axis}
              log={log}
              zoom={zoom}
              sync="page"
              height={height}
              onZoom={(range) => change(axis === 'step' && range ? { from: Math.floor(range[0]), to: Math.ceil(range[1]) } : { from: range?.[0], to: range?.[1] }, true)}
              onLog={() => change({ log: toggled(view.log, chart) })}
              onSmooth={() => change({ raw: toggled(view.raw, chart) })}
            />
          )
        )}
        {!failed && !data.some(Boolean) && <div className="skeleton" style={{ height: height + 58 }} aria-hidden="true" />}
      </div>
    </div>
  );
});

function lineOf(source: Source, data: ChartData['series'] | undefined): Line[] {
  const series = data?.find((item) => item.name === source.name);
  if (!series) return [];
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
  }];
}

/** The same array as before while its members are the same. */
function useSame<T>(list: T[]): T[] {
  const kept = useRef(list);
  if (kept.current.length !== list.length || kept.current.some((item, i) => item !== list[i])) kept.current = list;
  return kept.current;
}
