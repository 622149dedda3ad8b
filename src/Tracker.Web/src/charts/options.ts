import uPlot from 'uplot';
import { logTicks } from '../lib/axes';
import { formatCount, formatValue } from '../lib/numbers';
import { formatClock, formatDuration } from '../lib/times';
import { drawAnnotations } from './annotations';
import { drawBands, drawEvidence, drawGuides, drawMarks, labelTop } from './drawing';
import type { ChartModel } from './model';
import { token } from './theme';

export interface Looks {
  lines: readonly { colour: string }[];
  smooth: boolean;
  log: boolean;
  /** `step`, `relative`, `time`, or the series whose values are x. */
  axis: string;
  xlog: boolean;
  /** Charts with the same key share their cursor. */
  sync: string;
}

export interface Hooks {
  model: () => ChartModel;
  cursor: (x: number | null, y: number | null) => void;
  zoom: (from: number, to: number) => void;
  /** While the hand moves: the range; at its end null. */
  pan: (range: [number, number] | null) => void;
}

const xLabels: Record<string, (x: number) => string> = { step: formatCount, relative: formatDuration, time: formatClock };

/** A value of the x axis in words. */
export const xText = (axis: string, x: number): string => (xLabels[axis] ?? formatValue)(x);

/** The ticks are few enough: uPlot would leave all but the tens of a log axis without a label, and some of these. */
const all = (_: uPlot, splits: number[]): number[] => splits;

/** The options of a chart of curves, each with an x of its own (uPlot's mode 2): runs need not share their steps. */
export function plotOptions({ lines, smooth, log, axis, xlog, sync }: Looks, hooks: Hooks): Omit<uPlot.Options, 'width' | 'height'> {
  const quiet = token('text-3');
  const grid = { stroke: token('grid'), width: 1 };
  const series = (colour: string, width: number, alpha: number): uPlot.Series => ({
    stroke: colour,
    width,
    alpha,
    points: { show: false },
    paths: uPlot.paths.linear!({ alignGaps: 0 }),
    pxAlign: 0,
    facets: [{ scale: 'x', auto: true }, { scale: 'y', auto: true }],
    spanGaps: true,
  });
  return {
    mode: 2,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      sync: { key: sync, scales: ['x', null] },
      bind: {
        dblclick: () => null,
        mousedown: (u, _, handler) => (event) => {
          if (event.shiftKey && event.button === 0) pan(u, event, hooks);
          else handler(event);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, distr: xlog ? 3 : 1, range: () => hooks.model().x },
      y: { distr: log ? 3 : 1, range: () => hooks.model().y },
    },
    axes: [
      {
        stroke: quiet,
        grid: { show: false },
        ticks: { show: false },
        font: '11px Inter, system-ui, sans-serif',
        size: 20,
        gap: 4,
        space: 62,
        values: (_, splits) => splits.map((split) => (split === null ? '' : axis === 'step' && split % 1 !== 0 ? '' : xText(axis, split))),
        ...(xlog && { splits: (u: uPlot, _: number, low: number, high: number) => logTicks([low, high], u.width / 62), filter: all }),
      },
      {
        stroke: quiet,
        grid,
        ticks: { show: false },
        font: '11px Inter, system-ui, sans-serif',
        size: (_, values) => 12 + 6.4 * Math.max(3, ...(values ?? []).map((value) => value?.length ?? 0)),
        gap: 6,
        space: 34,
        values: (_, splits) => splits.map((split) => (split === null ? '' : formatValue(split))),
        ...(log && { splits: (u: uPlot, _: number, low: number, high: number) => logTicks([low, high], u.height / 34), filter: all }),
      },
    ],
    // Raw curves first, so that no smoothed one is hidden behind them.
    series: [
      {},
      ...lines.map(({ colour }) => (smooth ? series(colour, 1, 0.25) : series(colour, 1.5, 1))),
      ...(smooth ? lines.map(({ colour }) => series(colour, 1.5, 1)) : []),
    ],
    hooks: {
      drawClear: [
        (u) => {
          const { lines: shown, focus } = hooks.model();
          const known = shown.some((line) => line.run === focus);
          u.series.forEach((item, i) => {
            const line = shown[(i - 1) % shown.length];
            if (i > 0 && line) item.alpha = (smooth && i <= shown.length ? 0.25 : 1) * (known && line.run !== focus ? 0.2 : 1);
          });
        },
      ],
      drawAxes: [
        (u) => {
          const { evidence, guides, annotations, lines, focus } = hooks.model();
          drawBands(u, lines, focus);
          drawEvidence(u, evidence, labelTop(u, lines, guides));
          drawAnnotations(u, annotations);
          drawGuides(u, lines, guides);
        },
      ],
      draw: [(u) => drawMarks(u, hooks.model().lines)],
      setCursor: [
        ({ cursor, posToVal }) => {
          const { left = -1, top = -1 } = cursor;
          if (left < 0) hooks.cursor(null, null);
          else hooks.cursor(posToVal(left, 'x'), top < 0 ? null : posToVal(top, 'y'));
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          hooks.zoom(from, to);
        },
      ],
    },
  };
}

/** Moves the range with the hand; on a log axis by a factor. */
function pan(u: uPlot, start: MouseEvent, hooks: Hooks): void {
  const [from, to] = hooks.model().x;
  const log = u.scales.x?.distr === 3;
  const [low, high] = log ? [Math.log(from), Math.log(to)] : [from, to];
  const width = u.over.clientWidth || 1;
  let range: [number, number] | null = null;
  const move = (event: MouseEvent) => {
    const by = ((start.clientX - event.clientX) / width) * (high - low);
    range = log ? [Math.exp(low + by), Math.exp(high + by)] : [low + by, high + by];
    hooks.pan(range);
  };
  const end = () => {
    removeEventListener('mousemove', move);
    hooks.pan(null);
    if (range) hooks.zoom(...range);
  };
  start.preventDefault();
  addEventListener('mousemove', move);
  addEventListener('mouseup', end, { once: true });
}
