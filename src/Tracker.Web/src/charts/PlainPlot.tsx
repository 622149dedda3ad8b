import { useContext, useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { xExtent, yExtent, type Range } from '../lib/axes';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import { Annotations } from './annotations';
import { CursorStore } from './cursor';
import { Legend } from './Legend';
import { liveRange, onLiveRange, setLiveRange } from './liveRange';
import type { ChartModel, Line } from './model';
import { plotOptions } from './options';
import { schedule } from './schedule';
import { token, useTheme } from './theme';
import { UPlot, type PlotData } from './UPlot';
import { useSize } from './useSize';

/** A range of y that is as it should be, or is not. */
export interface Band {
  from: number;
  to: number;
  tone: 'ok' | 'warn' | 'crit';
}

interface Props {
  label: string;
  lines: readonly Line[];
  log?: boolean;
  guides?: readonly Guide[];
  bands?: readonly Band[];
  evidence?: readonly EvidenceRange[];
  /** Fills what lies between the first two curves, where the second is the higher one. */
  gap?: 'info' | 'crit' | undefined;
  /** The y axis when it is fixed. */
  y?: Range | undefined;
  zoom: Range | null;
  height: number;
  note?: string | undefined;
  onZoom: (range: Range | null) => void;
}

const none: readonly never[] = [];
const sync = 'page';

/** A chart of steps without a frame of its own: an instrument's. It shares cursor and zoom with the other charts of the page. */
export function PlainPlot({ label, lines, log = false, guides = none, bands = none, evidence = none, gap, y: fixed, zoom, height, note, onZoom }: Props) {
  const theme = useTheme();
  const annotations = useContext(Annotations);
  const [box, width] = useSize<HTMLDivElement>();
  const [cursor] = useState(() => new CursorStore());
  const plot = useRef<uPlot | null>(null);
  const hovered = useRef(false);

  const smooth = lines.some((line) => line.smoothed);
  const x = useMemo(() => zoom ?? xExtent(lines, lines.flatMap(({ marks }) => marks.map((mark) => mark.x))), [lines, zoom]);
  const y = useMemo(() => fixed ?? yExtent(lines, x, log, guides.filter((guide) => guide.fit).map((guide) => guide.value)), [lines, x, log, guides, fixed]);
  const model: ChartModel = { lines, evidence, guides, annotations, focus: null, x: liveRange(sync) ?? x, y };
  const latest = useRef({ model, bands, gap, onZoom });
  latest.current = { model, bands, gap, onZoom };

  // While a chart of the page is panned only the x scale moves.
  useEffect(() => onLiveRange(sync, () => schedule(latest, () => {
    const range = liveRange(sync);
    if (!plot.current || !range) return;
    latest.current.model.x = range;
    plot.current.setScale('x', { min: range[0], max: range[1] });
  }, hovered.current)), []);

  const colours = lines.map((line) => line.colour).join();
  const options = useMemo(() => {
    const base = plotOptions(
      { lines: colours ? colours.split(',').map((colour) => ({ colour })) : [{ colour: 'transparent' }], smooth, log, axis: 'step', xlog: false, sync },
      {
        model: () => latest.current.model,
        cursor: (at, value) => cursor.set(at === null ? null : { x: at, y: hovered.current ? value : null }),
        zoom: (from, to) => latest.current.onZoom([Math.floor(from), Math.ceil(to)]),
        pan: (range) => setLiveRange(sync, range),
      },
    );
    const behind = (u: uPlot) => {
      drawLevels(u, latest.current.bands);
      const [low, high] = latest.current.model.lines;
      if (latest.current.gap && low && high) drawGap(u, low, high, latest.current.gap);
    };
    return { ...base, hooks: { ...base.hooks, drawAxes: [behind, ...(base.hooks?.drawAxes ?? [])] } };
    // The theme is not read here, but the colours of its tokens are.
  }, [colours, smooth, log, theme, cursor]);

  const data = useMemo<PlotData>(() => {
    const values = (ys: readonly number[]) => (log ? ys.map((value) => (value > 0 ? value : null)) : (ys as number[]));
    const raw = lines.map((line): [number[], (number | null)[]] => [line.x as number[], values(line.y)]);
    const smoothed = smooth ? lines.map((line): [number[], (number | null)[]] => [line.x as number[], values(line.smoothed ?? line.y)]) : [];
    return lines.length > 0 ? [null, ...raw, ...smoothed] : [null, [[], []]];
  }, [lines, smooth, log, x, y, evidence, guides, bands, gap, annotations]);

  return (
    <div onPointerEnter={() => (hovered.current = true)} onPointerLeave={() => (hovered.current = false)}>
      <Legend lines={lines} store={cursor} log={log} axis="step" note={note} />
      <div ref={box} className="chart-box" style={{ height }} onDoubleClick={() => onZoom(null)}>
        {width > 0 && <UPlot options={options} data={data} width={width} height={height} label={label} plot={plot} />}
      </div>
    </div>
  );
}

function drawLevels(u: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = u;
  const { min = 0, max = 0 } = u.scales.y ?? {};
  ctx.save();
  ctx.globalAlpha = 0.09;
  for (const { from, to, tone } of bands) {
    const top = u.valToPos(Math.min(to, max!), 'y', true);
    const bottom = u.valToPos(Math.max(from, min!), 'y', true);
    if (bottom <= top) continue;
    ctx.fillStyle = token(tone);
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  }
  ctx.restore();
}

/** The area between two curves over the steps that both have. */
function drawGap(u: uPlot, low: Line, high: Line, tone: 'info' | 'crit'): void {
  const { ctx, bbox } = u;
  const lowY = low.smoothed ?? low.y;
  const highY = high.smoothed ?? high.y;
  const from = Math.max(low.x[0] ?? Infinity, high.x[0] ?? Infinity);
  const to = Math.min(low.x.at(-1) ?? -Infinity, high.x.at(-1) ?? -Infinity);
  if (from >= to) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.beginPath();
  const trace = (xs: readonly number[], ys: readonly number[], backwards: boolean) => {
    for (let n = 0; n < xs.length; n++) {
      const i = backwards ? xs.length - 1 - n : n;
      if (xs[i]! >= from && xs[i]! <= to) ctx.lineTo(u.valToPos(xs[i]!, 'x', true), u.valToPos(ys[i]!, 'y', true));
    }
  };
  trace(low.x, lowY, false);
  trace(high.x, highY, true);
  ctx.closePath();
  ctx.globalAlpha = tone === 'crit' ? 0.16 : 0.1;
  ctx.fillStyle = token(tone);
  ctx.fill();
  ctx.restore();
}
