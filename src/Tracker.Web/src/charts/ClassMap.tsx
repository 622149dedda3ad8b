import { useEffect, useMemo, useRef, useState } from 'react';
import { formatCount, formatValue } from '../lib/numbers';
import { nearestIndex } from '../lib/points';
import { token, useTheme } from './theme';
import { useSize } from './useSize';

export interface MapRow {
  label: string;
  x: readonly number[];
  y: readonly number[];
}

const left = 40;

/** Shares over steps, a row each: the fuller the darker; a row that ends near nothing has its name in the colour of a warning. */
export function ClassMap({ rows, height, label, range }: { rows: readonly MapRow[]; height: number; label: string; range: [number, number] | null }) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, width] = useSize<HTMLDivElement>();
  const [at, setAt] = useState<{ row: number; x: number } | null>(null);
  const steps = useMemo(() => {
    const all = [...new Set(rows.flatMap((row) => [...row.x]))].sort((a, b) => a - b);
    return range ? all.filter((step) => step >= range[0] && step <= range[1]) : all;
  }, [rows, range]);
  const room = height - 18;

  useEffect(() => {
    const element = canvas.current;
    if (!element || width <= left || steps.length === 0) return;
    const ratio = devicePixelRatio;
    element.width = (width - left) * ratio;
    element.height = room * ratio;
    const ctx = element.getContext('2d')!;
    const cell = element.width / steps.length;
    const tall = element.height / rows.length;
    ctx.fillStyle = token('accent');
    rows.forEach((row, r) => {
      steps.forEach((step, i) => {
        const value = row.y[nearestIndex(row.x, step)];
        if (value === undefined) return;
        ctx.globalAlpha = 0.04 + 0.96 * Math.min(1, Math.max(0, value));
        const [x, y] = [Math.round(i * cell), Math.round(r * tall)];
        ctx.fillRect(x, y, Math.round((i + 1) * cell) - x, Math.max(1, Math.round((r + 1) * tall) - y - ratio));
      });
    });
  }, [rows, steps, width, room, theme]);

  const hit = at && rows[at.row];
  const every = Math.ceil(rows.length / Math.max(1, Math.floor(room / 13)));
  return (
    <div className="class-map">
      <div className="legend">
        {hit ? <><span className="legend-name">class {hit.label}</span><b>{formatValue(hit.y[nearestIndex(hit.x, at.x)] ?? NaN)}</b><span className="legend-x">step {formatCount(at.x)}</span></> : <span className="legend-x">the fuller, the more of the class is recognised</span>}
      </div>
      <div
        ref={box}
        style={{ height }}
        onPointerMove={(event) => {
          const rect = event.currentTarget.getBoundingClientRect();
          const [px, py] = [event.clientX - rect.left - left, event.clientY - rect.top];
          const row = Math.floor((py / room) * rows.length);
          setAt(px < 0 || row >= rows.length || steps.length === 0 ? null : { row, x: steps[Math.min(steps.length - 1, Math.floor((px / (width - left)) * steps.length))]! });
        }}
        onPointerLeave={() => setAt(null)}
      >
        <div className="class-names" style={{ height: room }} aria-hidden="true">
          {rows.map((row, i) => <span key={row.label} data-low={(row.y.at(-1) ?? 1) < 0.1 || undefined}>{i % every === 0 ? row.label : ''}</span>)}
        </div>
        <canvas ref={canvas} role="img" aria-label={`${label}: ${rows.map((row) => `${row.label} ${formatValue(row.y.at(-1) ?? NaN)}`).join(', ')}`} style={{ width: Math.max(0, width - left), height: room, marginLeft: left }} />
        <div className="heat-x" style={{ paddingLeft: left }}><span>{formatCount(steps[0] ?? 0)}</span><span>{formatCount(steps.at(-1) ?? 0)}</span></div>
      </div>
    </div>
  );
}
