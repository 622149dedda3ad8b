import { useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { notPositive, xExtent, yExtent, type Range } from '../lib/axes';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import { formatCount, plural } from '../lib/numbers';
import { Annotations } from './annotations';
import { useFocus } from './focus';
import { Legend, type CursorAt } from './Legend';
import type { ChartModel, Line } from './model';
import { plotOptions } from './options';
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
  axis: 'step' | 'relative' | 'time';
  log: boolean;
  /** The zoomed range; null: all that there is. */
  zoom: Range | null;
  sync: string;
  height: number;
  onZoom: (range: Range | null) => void;
  onLog: () => void;
  onSmooth?: (() => void) | undefined;
}

const none: readonly never[] = [];
const log10OrNull = (values: readonly number[]): (number | null)[] => values.map((value) => (value > 0 ? value : null));

/** A chart of curves with its title, legend, marks and evidence. What it shows comes from outside; it reads nothing itself. */
export function SeriesChart({ title, label, lines, evidence, guides, note, axis, log, zoom, sync, height, onZoom, onLog, onSmooth }: Props) {
  const theme = useTheme();
  const focus = useFocus();
  const happened = useContext(Annotations);
  const card = useRef<HTMLElement>(null);
  const [box, width, boxHeight] = useSize<HTMLDivElement>();
  const [cursor, setCursor] = useState<CursorAt | null>(null);
  const hovered = useRef(false);

  const smooth = lines.some((line) => line.smoothed);
  const x = useMemo(() => zoom ?? xExtent(lines, lines.flatMap(({ marks }) => marks.map((mark) => mark.x))), [lines, zoom]);
  const y = useMemo(() => yExtent(lines, x, log, guides.filter((guide) => guide.fit).map((guide) => guide.value)), [lines, x, log, guides]);
  const marked = axis === 'step' ? evidence : none;
  const annotations = axis === 'step' ? happened : none;
  const model = useRef<ChartModel>({ lines, evidence: marked, guides, annotations, focus, x, y });
  model.current = { lines, evidence: marked, guides, annotations, focus, x, y };
  const zoomTo = useRef(onZoom);
  zoomTo.current = onZoom;

  const colours = lines.map((line) => line.colour).join();
  const options = useMemo(
    () =>
      plotOptions(
        { lines: colours ? colours.split(',').map((colour) => ({ colour })) : [{ colour: 'transparent' }], smooth, log, axis, sync },
        {
          model: () => model.current,
          cursor: (at, value) => setCursor(at === null ? null : { x: at, y: hovered.current ? value : null }),
          zoom: (from, to) => zoomTo.current([from, to]),
        },
      ),
    // The theme is not read here, but the colours of its tokens are.
    [colours, smooth, log, axis, sync, theme],
  );
  // New ranges or evidence need a new drawing even when the points are the same.
  const data = useMemo<PlotData>(() => {
    const values = (ys: readonly number[]) => (log ? log10OrNull(ys) : (ys as number[]));
    const raw = lines.map((line): [number[], (number | null)[]] => [line.x as number[], values(line.y)]);
    const smoothed = smooth ? lines.map((line): [number[], (number | null)[]] => [line.x as number[], values(line.smoothed ?? line.y)]) : [];
    return lines.length > 0 ? [null, ...raw, ...smoothed] : [null, [[], []]];
  }, [lines, smooth, log, x, y, evidence, annotations, focus]);

  const shown = lines.reduce((sum, line) => sum + line.x.length + line.marks.length, 0);
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  const hidden = log ? notPositive(lines) : 0;
  const fullScreen = useCallback(() => void (document.fullscreenElement ? document.exitFullscreen() : card.current?.requestFullscreen()), []);

  return (
    <figure ref={card} className="chart" onPointerEnter={() => (hovered.current = true)} onPointerLeave={() => (hovered.current = false)}>
      <figcaption className="chart-head">
        <span className="chart-title">{title}</span>
        <span className="chart-tools">
          <button type="button" className="quiet" aria-pressed={log} onClick={onLog}>log</button>
          {onSmooth && <button type="button" className="quiet" aria-pressed={smooth} onClick={onSmooth}>smooth</button>}
          <button type="button" className="quiet" onClick={fullScreen}>full screen</button>
        </span>
        <span className="chart-count" title={shown < total ? 'Every peak of the hidden points is kept.' : undefined}>
          {shown < total ? `${formatCount(shown)} of ${plural(total, 'point')}` : plural(total, 'point')}
          {hidden > 0 && ` · ${formatCount(hidden)} not above 0`}
        </span>
      </figcaption>
      {marked.length > 0 && (
        <p className="hidden">
          Marked: {marked.map((range) => `${range.label}, from step ${formatCount(range.from)}${Number.isFinite(range.to) ? ` to ${formatCount(range.to)}` : ' on'}`).join('; ')}
        </p>
      )}
      <Legend lines={lines} cursor={cursor} log={log} axis={axis} note={note} />
      <div ref={box} className="chart-box" style={{ height }} onDoubleClick={() => onZoom(null)}>
        {width > 0 && <UPlot options={options} data={data} width={width} height={boxHeight} label={label} />}
      </div>
    </figure>
  );
}
