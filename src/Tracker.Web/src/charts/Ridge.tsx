import { useEffect, useRef } from 'react';
import { heatCells, type HeatColumn } from '../lib/heat';
import { spreadOver } from '../lib/measures';
import { formatCount, formatValue } from '../lib/numbers';
import { token, useTheme } from './theme';
import { useSize } from './useSize';

interface Props {
  edges: readonly number[];
  columns: readonly HeatColumn[];
  height: number;
  label: string;
  /** A column to bring forward. */
  at?: number | undefined;
}

const most = 24;
const [foot, right] = [18, 46];

/** Histograms behind each other, the oldest at the back: how a distribution moves. */
export function Ridge({ edges, columns, height, label, at }: Props) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, width] = useSize<HTMLDivElement>();

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const ratio = devicePixelRatio;
    element.width = width * ratio;
    element.height = height * ratio;
    const ctx = element.getContext('2d')!;
    ctx.scale(ratio, ratio);
    const shown = spreadOver(columns.map((column, index) => ({ column, index })), most);
    const cells = heatCells(shown.map(({ column }) => column));
    const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
    const x = (value: number) => 4 + ((value - low) / (high - low || 1)) * (width - right - 8);
    const tall = Math.min(60, height * 0.34);
    const head = tall + 2;
    const base = (i: number) => head + (shown.length === 1 ? height - head - foot : (i / (shown.length - 1)) * (height - head - foot));
    const [accent, ground, quiet] = [token('accent'), token('surface'), token('text-3')];
    ctx.font = '11px Inter, system-ui, sans-serif';
    ctx.lineWidth = 1;
    shown.forEach(({ column, index }, i) => {
      const bottom = base(i);
      const front = at === index;
      ctx.beginPath();
      ctx.moveTo(x(low), bottom);
      cells[i]!.forEach((fill, bin) => {
        const middle = (edges[bin]! + edges[bin + 1]!) / 2;
        ctx.lineTo(x(middle), bottom - fill ** 2 * tall);
      });
      ctx.lineTo(x(high), bottom);
      ctx.fillStyle = ground;
      ctx.globalAlpha = 0.86;
      ctx.fill();
      ctx.fillStyle = accent;
      ctx.globalAlpha = front ? 0.6 : 0.1 + 0.25 * (i / Math.max(1, shown.length - 1));
      ctx.fill();
      ctx.globalAlpha = front ? 1 : 0.75;
      ctx.strokeStyle = accent;
      ctx.lineWidth = front ? 2 : 1;
      ctx.stroke();
      ctx.globalAlpha = 1;
      if (i === 0 || i === shown.length - 1 || front) {
        ctx.fillStyle = quiet;
        ctx.fillText(formatCount(column.step), width - right + 4, bottom + 3);
      }
    });
    ctx.fillStyle = quiet;
    ctx.fillText(formatValue(low), 4, height - 4);
    const end = formatValue(high);
    ctx.fillText(end, width - right - 4 - ctx.measureText(end).width, height - 4);
    if (low < 0 && high > 0) {
      ctx.strokeStyle = quiet;
      ctx.setLineDash([2, 3]);
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(x(0), head);
      ctx.lineTo(x(0), height - foot);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillText('0', x(0) - 3, height - 4);
    }
  }, [edges, columns, width, height, theme, at]);

  return <div ref={box} style={{ height }}><canvas ref={canvas} style={{ width, height, display: 'block' }} role="img" aria-label={label} /></div>;
}
