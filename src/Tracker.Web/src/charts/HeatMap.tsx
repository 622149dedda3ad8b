import { useEffect, useRef } from 'react';
import { heatCells, type HeatColumn, type Percentiles } from '../lib/heat';
import { formatCount, formatValue } from '../lib/numbers';
import { token, useTheme } from './theme';
import { useSize } from './useSize';

interface Props {
  edges: readonly number[];
  columns: readonly (HeatColumn & { statistics: Percentiles })[];
  label: string;
  height: number;
  /** A column to mark. */
  at?: number | undefined;
  /** What is under the pointer. */
  onPoint?: (hit: { column: number; bin: number } | null) => void;
  onPick?: (column: number) => void;
}

const lines: readonly (keyof Percentiles)[] = ['p5', 'p25', 'p50', 'p75', 'p95'];

/** A histogram over time: step to the right, value upwards, the darker the fuller; the percentiles 5, 25, 50, 75 and 95 as lines. */
export function HeatMap({ edges, columns, label, height, at, onPoint, onPick }: Props) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, width] = useSize<HTMLDivElement>();
  const bins = edges.length - 1;

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0 || columns.length === 0) return;
    const ratio = devicePixelRatio;
    element.width = width * ratio;
    element.height = height * ratio;
    const ctx = element.getContext('2d')!;
    const cellWidth = element.width / columns.length;
    const cellHeight = element.height / bins;
    ctx.fillStyle = token('accent');
    heatCells(columns).forEach((cells, column) =>
      cells.forEach((fill, bin) => {
        if (fill === 0) return;
        ctx.globalAlpha = 0.06 + 0.94 * fill;
        const left = Math.round(column * cellWidth);
        const top = Math.round(element.height - (bin + 1) * cellHeight);
        ctx.fillRect(left, top, Math.round((column + 1) * cellWidth) - left, Math.round(element.height - bin * cellHeight) - top);
      }));
    const low = edges[0]!;
    const span = edges.at(-1)! - low || 1;
    ctx.strokeStyle = token('text');
    for (const name of lines) {
      ctx.globalAlpha = name === 'p50' ? 1 : 0.5;
      ctx.lineWidth = (name === 'p50' ? 1.5 : 1) * ratio;
      ctx.setLineDash(name === 'p50' ? [] : name === 'p25' || name === 'p75' ? [4 * ratio, 3 * ratio] : [ratio, 3 * ratio]);
      ctx.beginPath();
      columns.forEach(({ statistics }, column) => {
        const value = statistics[name];
        if (Number.isFinite(value)) ctx.lineTo((column + 0.5) * cellWidth, element.height * (1 - (value - low) / span));
      });
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    if (at !== undefined) {
      ctx.strokeStyle = token('crit');
      ctx.lineWidth = 1.5 * ratio;
      ctx.strokeRect(at * cellWidth, 0, cellWidth, element.height);
    }
  }, [edges, columns, bins, width, height, theme, at]);

  const hit = (event: React.PointerEvent<HTMLElement> | React.MouseEvent<HTMLElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    const place = (share: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return { column: place((event.clientX - rect.left) / rect.width, columns.length), bin: place(1 - (event.clientY - rect.top) / rect.height, bins) };
  };
  return (
    <>
      <div className="heat">
        <div className="heat-y" style={{ height }}>
          <span>{formatValue(edges.at(-1) ?? NaN)}</span>
          <span>{formatValue(edges[0] ?? NaN)}</span>
        </div>
        <div
          ref={box}
          className="heat-box"
          style={{ height }}
          onPointerMove={(event) => onPoint?.(hit(event))}
          onPointerLeave={() => onPoint?.(null)}
          onClick={(event) => onPick?.(hit(event).column)}
        >
          <canvas ref={canvas} style={{ width, height }} role="img" aria-label={`${label} over time`} />
        </div>
      </div>
      <div className="heat-x">
        <span>{formatCount(columns[0]?.step ?? 0)}</span>
        <span>{formatCount(columns.at(-1)?.step ?? 0)}</span>
      </div>
    </>
  );
}
