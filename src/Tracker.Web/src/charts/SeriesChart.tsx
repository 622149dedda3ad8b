import { useContext, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import type uPlot from 'uplot';
import { calmExtent, notPositive, xExtent, yExtent, type Range } from '../lib/axes';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import { formatCount, plural } from '../lib/numbers';
import { Annotations } from './annotations';
import { CursorStore } from './cursor';
import { useFocus } from './focus';
import { Legend } from './Legend';
import { liveRange, onLiveRange, setLiveRange } from './liveRange';
import type { ChartModel, Line } from './model';
import { plotOptions } from './options';
import { schedule } from './schedule';
import { useTheme } from './theme';
import { UPlot, type PlotData } from './UPlot';
import { useSize } from './useSize';

interface Props {
  title: ReactNode;
  label: string;
  lines: readonly Line[];
  evidence: readonly EvidenceRange[];
  guides: readonly Guide[];
  /** What the colours stand for, where there are too many to name. */
  note?: string | undefined;
  /** `step`, `relative`, `time`, or the series whose values are x. */
  axis: string;
  log: boolean;
  /** Whether x is logarithmic. */
  xlog?: boolean | undefined;
  /** Whether the y axis ignores outliers, and says so. */
  calm?: boolean | undefined;
  /** The zoomed range; null: all that there is. */
  zoom: Range | null;
  sync: string;
  height: number;
  /** Further buttons, after log and smooth. */
  tools?: ReactNode;
  plot?: RefObject<uPlot | null> | undefined;
  onZoom: (range: Range | null) => void;
  onLog: () => void;
  onSmooth?: (() => void) | undefined;
  onHover?: ((over: boolean) => void) | undefined;
}

const none: readonly never[] = [];
const log10OrNull = (values: readonly number[]): (number | null)[] => values.map((value) => (value > 0 ? value : null));

/** A chart of curves with its title, legend, marks and evidence. What it shows comes from outside; it reads nothing itself. */
export function SeriesChart(props: Props) {
  const { title, label, lines, evidence, guides, note, axis, log, xlog = false, calm = false, zoom, sync, height, tools, onZoom, onLog, onSmooth, onHover } = props;
  const theme = useTheme();
  const focus = useFocus();
  const happened = useContext(Annotations);
  const own = useRef<uPlot | null>(null);
  const plot = props.plot ?? own;
  const [box, width, boxHeight] = useSize<HTMLDivElement>();
  const [cursor] = useState(() => new CursorStore());
  const hovered = useRef(false);

  const smooth = lines.some((line) => line.smoothed);
  const x = useMemo(() => positive(zoom ?? xExtent(lines, lines.flatMap(({ marks }) => marks.map((mark) => mark.x))), lines, xlog), [lines, zoom, xlog]);
  const { y, cut } = useMemo(() => {
    const extents = lines.flatMap((line) => [line, ...(line.band ? [{ x: line.x, y: line.band.low }, { x: line.x, y: line.band.high }] : [])]);
    return calm ? calmExtent(extents, x, log) : { y: yExtent(extents, x, log, guides.filter((guide) => guide.fit).map((guide) => guide.value)), cut: 0 };
  }, [lines, x, log, calm, guides]);
  const marked = axis === 'step' ? evidence : none;
  const annotations = axis === 'step' ? happened : none;
  const model = useRef<ChartModel>({ lines, evidence: marked, guides, annotations, focus, x, y });
  model.current = { lines, evidence: marked, guides, annotations, focus, x: liveRange(sync) ?? x, y };
  const zoomTo = useRef(onZoom);
  zoomTo.current = onZoom;

  // While another chart, or this one, is panned: only the x scale moves.
  useEffect(() => onLiveRange(sync, () => schedule(model, () => {
    const range = liveRange(sync);
    if (!plot.current || !range) return;
    model.current.x = range;
    plot.current.setScale('x', { min: range[0], max: range[1] });
  }, hovered.current)), [sync, plot]);

  const colours = lines.map((line) => line.colour).join();
  const options = useMemo(
    () =>
      plotOptions(
        { lines: colours ? colours.split(',').map((colour) => ({ colour })) : [{ colour: 'transparent' }], smooth, log, axis, xlog, sync },
        {
          model: () => model.current,
          cursor: (at, value) => cursor.set(at === null ? null : { x: at, y: hovered.current ? value : null }),
          zoom: (from, to) => zoomTo.current([from, to]),
          pan: (range) => setLiveRange(sync, range),
        },
      ),
    // The theme is not read here, but the colours of its tokens are.
    [colours, smooth, log, axis, xlog, sync, theme, cursor],
  );
  // New ranges or evidence need a new drawing even when the points are the same.
  const data = useMemo<PlotData>(() => {
    const xs = (line: Line) => (xlog ? (log10OrNull(line.x) as number[]) : (line.x as number[]));
    const values = (ys: readonly number[]) => (log ? log10OrNull(ys) : (ys as number[]));
    const raw = lines.map((line): [number[], (number | null)[]] => [xs(line), values(line.y)]);
    const smoothed = smooth ? lines.map((line): [number[], (number | null)[]] => [xs(line), values(line.smoothed ?? line.y)]) : [];
    return lines.length > 0 ? [null, ...raw, ...smoothed] : [null, [[], []]];
  }, [lines, smooth, log, xlog, x, y, evidence, annotations, focus]);

  const shown = lines.reduce((sum, line) => sum + (line.band && line.run === line.key ? 0 : line.x.length + line.marks.length), 0);
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  const hidden = log ? notPositive(lines) : 0;
  const hover = (over: boolean) => {
    hovered.current = over;
    onHover?.(over);
  };

  return (
    <figure className="chart" onPointerEnter={() => hover(true)} onPointerLeave={() => hover(false)}>
      <figcaption className="chart-head">
        <span className="chart-title">{title}</span>
        <span className="chart-tools">
          <button type="button" className="quiet" aria-pressed={log} onClick={onLog}>log</button>
          {onSmooth && <button type="button" className="quiet" aria-pressed={smooth} onClick={onSmooth}>smooth</button>}
          {tools}
        </span>
        <span className="chart-count" title={shown < total ? 'Every peak of the hidden points is kept.' : undefined}>
          {shown > 0 && shown < total ? `${formatCount(shown)} of ${plural(total, 'point')}` : plural(total, 'point')}
          {hidden > 0 && ` · ${formatCount(hidden)} not above 0`}
          {cut > 0 && ` · ${plural(cut, 'outlier')} beyond the axis`}
        </span>
      </figcaption>
      {marked.length > 0 && (
        <p className="hidden">
          Marked: {marked.map((range) => `${range.label}, from step ${formatCount(range.from)}${Number.isFinite(range.to) ? ` to ${formatCount(range.to)}` : ' on'}`).join('; ')}
        </p>
      )}
      <Legend lines={lines} store={cursor} log={log} axis={axis} note={note} />
      <div ref={box} className="chart-box" style={{ height }} onDoubleClick={() => onZoom(null)}>
        {width > 0 && <UPlot options={options} data={data} width={width} height={boxHeight} label={label} plot={plot} />}
      </div>
    </figure>
  );
}

/** A log axis begins at the least x above zero. */
function positive([from, to]: Range, lines: readonly Line[], log: boolean): Range {
  if (!log || from > 0) return [from, to];
  let least = Infinity;
  for (const { x } of lines) least = Math.min(least, x.find((value) => value > 0) ?? Infinity);
  return least < to ? [least, to] : [1, Math.max(10, to)];
}
