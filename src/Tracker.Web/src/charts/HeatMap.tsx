import { useEffect, useRef, useState } from 'react';
import { heatCells, heatQuantile, type HeatColumn } from '../lib/heat';
import { formatCount, formatValue } from '../lib/numbers';
import { token, useTheme } from './theme';
import { useSize } from './useSize';

interface Props {
  edges: readonly number[];
  columns: readonly HeatColumn[];
  label: string;
  height: number;
}

/** A histogram over time: step to the right, value upwards, the darker the fuller; the median as a line. */
export function HeatMap({ edges, columns, label, height }: Props) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, width] = useSize<HTMLDivElement>();
  const [at, setAt] = useState<{ column: number; bin: number } | null>(null);
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
    ctx.globalAlpha = 1;
    ctx.strokeStyle = token('text');
    ctx.lineWidth = 1.25 * ratio;
    ctx.beginPath();
    const low = edges[0]!;
    const span = edges.at(-1)! - low || 1;
    columns.forEach(({ counts }, column) => {
      const median = heatQuantile(edges, counts, 0.5);
      if (Number.isFinite(median)) ctx.lineTo((column + 0.5) * cellWidth, element.height * (1 - (median - low) / span));
    });
    ctx.stroke();
  }, [edges, columns, bins, width, height, theme]);

  const column = at && columns[at.column];
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <span className="chart-title">{label}</span>
        <span className="chart-count">
          {column
            ? `step ${formatCount(column.step)} · ${formatValue(edges[at.bin]!)} to ${formatValue(edges[at.bin + 1]!)}: ${formatCount(Math.round(column.counts[at.bin]!))}`
            : `${columns.length} columns · line: median`}
        </span>
      </figcaption>
      <div className="heat">
        <div className="heat-y" style={{ height }}>
          <span>{formatValue(edges.at(-1) ?? NaN)}</span>
          <span>{formatValue(edges[0] ?? NaN)}</span>
        </div>
        <div
          ref={box}
          className="heat-box"
          style={{ height }}
          onPointerMove={(event) => {
            const rect = event.currentTarget.getBoundingClientRect();
            const place = (share: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
            setAt({ column: place((event.clientX - rect.left) / rect.width, columns.length), bin: place(1 - (event.clientY - rect.top) / rect.height, bins) });
          }}
          onPointerLeave={() => setAt(null)}
        >
          <canvas ref={canvas} style={{ width, height }} role="img" aria-label={`${label} over time`} />
        </div>
      </div>
      <div className="heat-x">
        <span>{formatCount(columns[0]?.step ?? 0)}</span>
        <span>{formatCount(columns.at(-1)?.step ?? 0)}</span>
      </div>
    </figure>
  );
}
